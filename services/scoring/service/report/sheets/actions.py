"""The workbook's sheet of what is asked for."""

from services.scoring.domain.report import Pack
from services.scoring.service.report.sheets.writing import DAY, Book, Cell, Field
from services.scoring.service.report.voice import Voice, clean


def write(book: Book, pack: Pack, voice: Voice) -> None:
    """What is asked for, one by one."""
    cards = {card.supplier_id: card for card in pack.cards}
    fields = [
        *(Field(voice.say(name)) for name in ("code", "name", "grade", "action", "owner")),
        Field(voice.say("due"), DAY),
    ]
    rows: list[list[Cell]] = [
        [
            clean(cards[each.supplier_id].code),
            clean(cards[each.supplier_id].name),
            voice.name("grade", cards[each.supplier_id].grade),
            voice.name("action", each.kind),
            voice.name("owner", each.owner_role),
            each.due_on or voice.due(None, each.due_days),
        ]
        for each in pack.asked
    ]
    book.list_of(voice.say("actions"), fields, rows)
