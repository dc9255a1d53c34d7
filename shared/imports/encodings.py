"""In which encodings text files come, and how one is found out: named by the caller, marked, or recognised."""

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared.errors import Invalid, Unsupported
from shared.imports import recognition

UTF_8 = "utf-8"
CODEC_OF = {
    UTF_8: "utf-8-sig",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",  # without a mark, since the caller says so
    "utf-16be": "utf-16-be",
    "big5": "cp950",  # as everyone writes and reads it: with the few characters that Windows added
    "cp950": "cp950",
    "cp1252": "cp1252",
    "gb18030": "gb18030",  # which holds all of GBK and GB 2312
}
"""The encodings by the names under which they are shown, with what reads them."""
NAMES = tuple(CODEC_OF)
OTHER_NAMES = {
    "ascii": UTF_8,
    "utf_8_sig": UTF_8,
    "utf_16_le": "utf-16le",
    "utf_16_be": "utf-16be",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "iso8859_1": "cp1252",
    "big5hkscs": "big5",
}
MARKS = {codecs.BOM_UTF8: UTF_8, codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
JUDGED_BYTES = 64 * 1024
PIECE_BYTES = 1024 * 1024
NOT_ASCII = re.compile(rb"[\x80-\xff]")


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding of ours, and what decodes it."""

    name: str
    codec: str


def named(charset: str) -> Encoding:
    """The encoding that a caller names; Unsupported where it is none of ours, with those that are."""
    try:
        known = codecs.lookup(charset.strip().strip("\"'")).name
    except LookupError:
        known = ""
    name = OTHER_NAMES.get(known.replace("-", "_"), known)
    if name not in CODEC_OF:
        raise Unsupported(f"{charset!r} is no charset that is read here; name one of {', '.join(NAMES)}.")
    return Encoding(name, CODEC_OF[name])


def find_encoding(data: bytes, charset: str | None, *, is_whole: bool = True) -> Encoding:
    """The encoding of a text file, or of its beginning: as it is named, as its mark says, or as it is recognised.

    Invalid where that is not certain, or where name and mark contradict each other: a guess would be somebody's name
    spelt wrong for good.
    """
    mark = next((name for beginning, name in MARKS.items() if data.startswith(beginning)), None)
    if charset is not None:
        encoding = named(charset)
        if mark is not None and encoding.name.startswith(mark):
            return Encoding(mark, CODEC_OF[mark])
        if mark is not None:
            raise Invalid(
                f"The file begins with the mark of {mark} and is said to be {encoding.name}.", code="import-encoding"
            )
        return encoding
    if mark is not None:
        return Encoding(mark, CODEC_OF[mark])
    if is_utf_8(data, is_whole=is_whole):
        return Encoding(UTF_8, CODEC_OF[UTF_8])
    sample = _sample(data if is_whole else data[: data.rfind(b"\n") + 1])
    name = recognition.recognise(sample)
    if name is None:
        raise Invalid(_uncertain(data, sample), code="import-encoding")
    return Encoding(name, CODEC_OF[name])


def is_utf_8(data: bytes, *, is_whole: bool = True) -> bool:
    """Whether data is UTF-8 throughout, but for a last character that was cut in two."""
    decoder = codecs.getincrementaldecoder(UTF_8)()
    try:
        for start in range(0, len(data), PIECE_BYTES):  # so that the text is never held as a whole
            decoder.decode(data[start : start + PIECE_BYTES])
        decoder.decode(b"", final=is_whole)
    except UnicodeDecodeError:
        return False
    return True


def lines_of(data: bytes, encoding: Encoding, *, newline: str) -> Iterator[str]:
    """The lines of a text file with their ends, decoded as they are read, so that the text is never held as a whole.

    Invalid names the line of the first bytes that are not text in this encoding. `newline` as in `open`.
    """
    try:
        yield from io.TextIOWrapper(io.BytesIO(data), encoding=encoding.codec, newline=newline)
    except UnicodeError:
        raise Invalid(_misfit(data, encoding), code="import-encoding") from None


def _sample(data: bytes) -> bytes:
    """Lines that are not plain ASCII, as many as it takes to judge them: of a long file from two places."""
    if len(data) <= 2 * JUDGED_BYTES:
        return b"".join(_telling_lines(data, 0, len(data)))
    middle = data.rfind(b"\n", 0, len(data) // 2) + 1
    return b"".join([*_telling_lines(data, 0, middle), *_telling_lines(data, middle, len(data))])


def _telling_lines(data: bytes, start: int, end: int) -> Iterator[bytes]:
    taken = 0
    while taken < JUDGED_BYTES // 2 and (found := NOT_ASCII.search(data, start, end)) is not None:
        begins = data.rfind(b"\n", start, found.start()) + 1 or start
        ends = data.find(b"\n", found.start(), end) + 1 or end
        line = data[begins:ends]
        yield line if len(line) <= JUDGED_BYTES else line[: line.rfind(b",", 0, JUDGED_BYTES) + 1]
        taken += len(line)
        start = ends


def _uncertain(data: bytes, sample: bytes) -> str:
    candidates = recognition.candidates(sample)
    where = f"The file is not UTF-8 ({_first_misfit(data, CODEC_OF[UTF_8])})"
    if not candidates:
        return f"{where}, nor anything else that is recognised; name its charset, one of {', '.join(NAMES)}."
    return (
        f"{where}, and whether it is {' or '.join(candidates)} is not certain from its text: "
        f"name it, as in Content-Type: text/csv; charset={candidates[0]}."
    )


def _misfit(data: bytes, encoding: Encoding) -> str:
    where = _first_misfit(data, encoding.codec)
    return f"The file is not {encoding.name.upper()}: {where}. Save it as UTF-8, or name the charset that it has."


def _first_misfit(data: bytes, codec: str) -> str:
    try:
        data.decode(codec)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return f"line {line} has the byte 0x{data[error.start]:02X}"
    except UnicodeError as error:
        return str(error)
    return "it ends within a character"
