"""A pack as a PDF, as a program: tagged, with bookmarks, its fonts inside; set by Typst from what it says and a layout.

Typst keeps what it has computed for the next document, hundreds of megabytes of it, so each is made by a process that
ends afterwards (`pdf_process`): the document comes in by the standard input, the PDF goes out by the standard output.
"""

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import orjson
import typst

FOLDER = Path(__file__).parent
LAYOUT = FOLDER / "templates" / "report.typ"
FONTS = FOLDER / "fonts"
ACCESSIBLE: Final = "ua-1"
"""PDF/UA-1: Typst refuses to write a document that breaks what it can check of it."""


def write_pdf(document: Mapping[str, Any], made_at: datetime) -> bytes:
    """The document, in plain lists and mappings, as a PDF: the same bytes for the same document and moment.

    PDF/UA wants a glyph for every character. A name in a script that no font here has must not keep everybody from
    the pack: then it is tagged all the same, and only does not claim to be PDF/UA.
    """
    try:
        return _set(document, made_at, [ACCESSIBLE])
    except typst.TypstError:
        return _set(document, made_at, [])


def _set(document: Mapping[str, Any], made_at: datetime, standards: Sequence[Literal["ua-1"]]) -> bytes:
    return typst.compile(
        LAYOUT.read_bytes(),
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[FONTS]),
        sys_inputs={"document": orjson.dumps(document).decode()},
        pdf_standards=[*standards],
        timestamp=int(made_at.timestamp()),
    )


def main() -> None:
    """Write the PDF of the document that comes in."""
    given = orjson.loads(sys.stdin.buffer.read())
    sys.stdout.buffer.write(write_pdf(given["document"], datetime.fromisoformat(given["made_at"])))


if __name__ == "__main__":
    main()
