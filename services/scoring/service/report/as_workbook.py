"""A pack as a workbook: numbers as numbers, charts of the program's own, text that no cell takes for a formula."""

import io
from typing import Final

import xlsxwriter

from services.scoring.domain.report import Pack
from services.scoring.service.report.sheets import actions, categories, movers, overview, suppliers, trend
from services.scoring.service.report.sheets.writing import Book
from services.scoring.service.report.voice import Voice
from shared.languages import Language

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def write_workbook(pack: Pack, language: Language) -> bytes:
    """The whole workbook, the same bytes for the same pack. It takes time: not to be called on the event loop."""
    voice, output = Voice(language), io.BytesIO()
    title = voice.say("title", quarter=pack.edition.quarter)
    draft = f"{voice.say('draft')}: {voice.say('draft_note')}" if pack.edition.is_draft else ""
    # In memory: the worker's and the API's file system is read-only.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(output, options) as written:
        made_at = (pack.edition.published_at or pack.edition.computed_at).replace(tzinfo=None)
        written.set_properties({"title": title, "subject": voice.say("for_whom"), "created": made_at})
        running = voice.say("running", title=title, revision=pack.edition.revision)
        book = Book(written, running, draft)
        for sheet in (overview, suppliers, categories, movers, actions, trend):
            sheet.write(book, pack, voice)
    return output.getvalue()
