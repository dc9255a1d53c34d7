"""Judging in which encoding bytes that are not UTF-8 were written, from the text that each encoding makes of them."""

import math
from dataclasses import dataclass

from shared.imports import hanzi

# General detectors always answer: on samples as short as a supplier's name they take simplified Chinese for Big5 and
# German for Chinese. With four encodings to choose from, weighing what each makes of the bytes tells when to ask.

LEAST_LEAD = math.log(1000)
"""How many times likelier the best reading has to be than the next, as a logarithm."""
LEAST_LIKELY = {"big5": -8.9, "gb18030": -8.9, "cp1252": -7.0}
"""What a character outside ASCII has to be worth in the mean, as a logarithm: below that, a reading does not fit."""
CODECS = {"big5": "cp950", "gb18030": "gb18030", "cp1252": "cp1252"}

# Rough shares of characters in running text, as logarithms: of the letters of Western languages that ASCII lacks, of
# the marks that come with them, and of Chinese characters by how usual they are.
ASCII_LETTER = math.log(1 / 25)
WESTERN_LETTER = math.log(1 / 60)
WESTERN_CAPITAL = math.log(1 / 600)
WESTERN_MARK = math.log(1 / 1000)
WESTERN_SYMBOL = math.log(1 / 200_000)
COMMON_HANZI = math.log(1 / 1200)
USUAL_HANZI = math.log(1 / 12_000)
LESSER_HANZI = math.log(1 / 400_000)
RARE = math.log(1 / 20_000_000)
TOUCHING = math.log(1 / 100)
"""Chinese that begins or ends right beside an ASCII letter."""
ODD_NEIGHBOURS = math.log(1 / 300)
"""A Western letter outside ASCII with no ASCII letter beside it, or a capital within a word of small ones."""

LETTERS = frozenset("àâäáãåæçèéêëìíîïñòóôöõøùúûüýÿßœšž")
CAPITALS = frozenset("ÀÂÄÁÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØÙÚÛÜÝŸŒŠŽ")
MARKS = frozenset("\xa0«»‘’“”„–—…°§·¿¡²³µ½®©™€£•´ªº±×¼¾‚‹›")  # noqa: RUF001  # as they are written
FIRST_LEVEL = {"big5": range(0xA4, 0xC7), "gb18030": range(0xB0, 0xD8)}
"""Lead bytes of the characters in common use, as each standard sorts them."""
SECOND_LEVEL = {"big5": range(0xC9, 0xFA), "gb18030": range(0xD8, 0xF8)}


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """What an encoding makes of bytes: its weight against other readings, and whether it is plausible by itself."""

    weight: float
    encoding: str
    fits: bool


def recognise(data: bytes) -> str | None:
    """The encoding that `data` is surely written in: big5, cp950, gb18030 or cp1252; None where it is not sure."""
    readings = _readings(data)
    if not readings or not readings[0].fits:
        return None
    if len(readings) > 1 and readings[0].weight - readings[1].weight < LEAST_LEAD:
        return None
    return _narrowest(readings[0].encoding, data)


def candidates(data: bytes) -> list[str]:
    """The encodings in which `data` can be read at all, the likelier ones first."""
    return [reading.encoding for reading in _readings(data)]


def _readings(data: bytes) -> list[Candidate]:
    readings: list[Candidate] = []
    for encoding, codec in CODECS.items():
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        ascii_count = sum(map(str.isascii, text))
        strange = len(text) - ascii_count
        weight = _weigh_western(text) if encoding == "cp1252" else _weigh_chinese(text, encoding, codec)
        # Each reading has to account for all bytes: the fewer of them are ASCII, the more the others stand for.
        total = weight + ascii_count * ASCII_LETTER
        readings.append(Candidate(total, encoding, weight >= strange * LEAST_LIKELY[encoding]))
    return sorted(readings, reverse=True)


def _narrowest(encoding: str, data: bytes) -> str:
    """CP950 is Big5 with a few characters more."""
    if encoding != "big5":
        return encoding
    try:
        return "big5" if data.decode("big5") == data.decode("cp950") else "cp950"
    except UnicodeDecodeError:
        return "cp950"


def _weigh_chinese(text: str, encoding: str, codec: str) -> float:
    weight = 0.0
    for n, char in enumerate(text):
        if char.isascii():
            continue
        weight += _hanzi_weight(char, encoding, codec)
        weight += TOUCHING * sum(near.isascii() and near.isalpha() for near in (text[n - 1 : n], text[n + 1 : n + 2]))
    return weight


def _hanzi_weight(char: str, encoding: str, codec: str) -> float:
    if char in hanzi.COMMON:
        return COMMON_HANZI
    if char in hanzi.PUNCTUATION or "\uff10" <= char <= "\uff5a":
        return USUAL_HANZI
    lead, *trail = char.encode(codec)
    if encoding == "gb18030" and (not trail or trail[0] < 0xA1):  # noqa: PLR2004  # below lie the later additions
        return RARE
    if lead in FIRST_LEVEL[encoding]:
        return USUAL_HANZI
    return LESSER_HANZI if lead in SECOND_LEVEL[encoding] else RARE


def _weigh_western(text: str) -> float:
    weight = 0.0
    for n, char in enumerate(text):
        if char.isascii():
            continue
        before, after = text[n - 1 : n], text[n + 1 : n + 2]
        if char in LETTERS or char in CAPITALS:
            weight += WESTERN_LETTER if char in LETTERS else WESTERN_CAPITAL
            beside = [near for near in (before, after) if near.isalpha()]
            inside_small = char in CAPITALS and before.islower()
            if inside_small or not any(near.isascii() for near in beside):
                weight += ODD_NEIGHBOURS
        elif char in MARKS:
            weight += WESTERN_MARK
            if before.isalpha() and after.isalpha() and char not in "’·":  # noqa: RUF001  # an apostrophe
                weight += ODD_NEIGHBOURS
        else:
            weight += WESTERN_SYMBOL
    return weight
