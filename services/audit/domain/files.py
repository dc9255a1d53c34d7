"""What a file may be: its types, its name, and whether its content is what it is said to be."""

import codecs
import hashlib
import unicodedata

from shared.errors import FieldError, Invalid, Unsupported

MOST_FILES = 50
"""Files that are not withdrawn, of one finding or one answer to a survey."""

MOST_FILES_EVER = 500
"""With the withdrawn ones, which stay: or handing in and withdrawing would fill the store."""

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ENDINGS = {
    "application/pdf": (".pdf",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    "text/csv": (".csv",),
    "text/plain": (".txt",),
    XLSX: (".xlsx",),
    DOCX: (".docx",),
}
"""The media types that are taken, each with how names of such files end."""

BEGINNINGS = {
    "application/pdf": b"%PDF-",
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/webp": b"RIFF",
    XLSX: b"PK\x03\x04",
    DOCX: b"PK\x03\x04",
}
WEBP_MARK = b"WEBP"
WEBP_MARK_AT = 8
# Names of members stand in a ZIP archive as they are, whatever packs it.
MEMBERS = {XLSX: b"xl/workbook", DOCX: b"word/document"}
HEAD_BYTES = 12
LONGEST_NAME = 200


def media_type_of(content_type: str | None) -> str:
    """The media type in a Content-Type header; Unsupported where it is none that is taken."""
    media_type = (content_type or "").split(";")[0].strip().lower()
    if media_type not in ENDINGS:
        raise Unsupported(f"Send {', '.join(ENDINGS)}; the Content-Type is {media_type or 'missing'}.")
    return media_type


def clean_name(name: str, media_type: str) -> str:
    """A file's name as it may be shown and saved: no folders, nothing invisible, an ending that fits its type."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    # Control characters split headers, formatting ones turn the direction of reading: evil[RLO]fdp.exe.
    shown = "".join(letter for letter in last if not unicodedata.category(letter).startswith("C"))
    cleaned = " ".join(shown.split()).strip(" .")
    if not cleaned:
        raise Invalid("Name the file: ?name=photo.jpg.", fields=[FieldError("query: name", "has nothing to show")])
    # A text called .bat or .html would be run by whoever opens it.
    if not cleaned.lower().endswith(ENDINGS[media_type]):
        cleaned += ENDINGS[media_type][0]
    if len(cleaned) > LONGEST_NAME:
        raise Invalid(
            f"The file's name is longer than {LONGEST_NAME} characters.",
            fields=[FieldError("query: name", f"must have at most {LONGEST_NAME} characters")],
        )
    return cleaned


class Content:
    """A file's content as it passes by in pieces: its size in bytes, its SHA-256, and whether it fits its type."""

    def __init__(self, media_type: str) -> None:
        """Expect content of that type."""
        self.media_type = media_type
        self.size = 0
        self._digest = hashlib.sha256()
        self._head = b""
        self._tail = b""
        self._member = MEMBERS.get(media_type)
        self._decoder = codecs.getincrementaldecoder("utf-8")() if media_type.startswith("text/") else None

    @property
    def sha256(self) -> str:
        """Of what has passed, in hexadecimal."""
        return self._digest.hexdigest()

    def take(self, piece: bytes) -> None:
        """Look at the next piece; Invalid where no file of the type has it."""
        self.size += len(piece)
        self._digest.update(piece)
        if len(self._head) < HEAD_BYTES:
            self._head = (self._head + piece)[:HEAD_BYTES]
            if len(self._head) == HEAD_BYTES:
                self._check_head()
        if self._decoder is not None:
            self._check_text(piece)
        if self._member is not None:
            window = self._tail + piece
            self._tail = window[-len(self._member) :]
            if self._member in window:
                self._member = None

    def end(self) -> None:
        """Look at the whole; Invalid where it is empty, ends too early or lacks what its type has."""
        if self.size == 0:
            raise Invalid("The file is empty.", code="file-empty")
        self._check_head()
        if self._decoder is not None:
            self._check_text(b"", final=True)
        if self._member is not None:
            raise self._unlike()

    def _check_head(self) -> None:
        fits = self._head.startswith(BEGINNINGS.get(self.media_type, b""))
        if self.media_type == "image/webp":
            fits = fits and self._head[WEBP_MARK_AT:] == WEBP_MARK
        if not fits:
            raise self._unlike()

    def _check_text(self, piece: bytes, *, final: bool = False) -> None:
        assert self._decoder is not None  # noqa: S101  # asked for texts only
        try:
            text = self._decoder.decode(piece, final)
        except UnicodeDecodeError:
            raise self._unlike("; text must be UTF-8") from None
        if "\0" in text:
            raise self._unlike("; text has no NUL characters")

    def _unlike(self, why: str = "") -> Invalid:
        return Invalid(f"The content is not {self.media_type}{why}.", code="file-unlike-its-type")
