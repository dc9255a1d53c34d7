"""The workbook's sheet of all suppliers."""

from collections.abc import Sequence

from services.scoring.domain.qbr import Dimension, Grade
from services.scoring.domain.report import Card, Pack
from services.scoring.service.report.sheets.writing import A3, SIGNED, TWO_DECIMALS, WHOLE, Book, Cell, Field
from services.scoring.service.report.voice import Voice, clean


def write(book: Book, pack: Pack, voice: Voice) -> None:
    """Every supplier with all its figures; what is weak stands out."""
    codes = [category.code for category in pack.policy.categories]
    changes = {each.card.supplier_id: each.change for each in (pack.movement.movers if pack.movement else ())}
    fields = [
        Field(voice.say("code")),
        Field(voice.say("name")),
        Field(voice.say("country")),
        Field(voice.say("rank"), WHOLE),
        Field(voice.say("total"), TWO_DECIMALS),
        Field(voice.say("change"), SIGNED),
        Field(voice.say("grade")),
        Field(voice.say("before")),
        *(Field(voice.name("dimension", name), TWO_DECIMALS) for name in Dimension),
        Field(voice.say("coverage"), WHOLE),
        Field(voice.say("tier")),
        Field(voice.say("basis")),
        Field(voice.say("confidence"), TWO_DECIMALS),
        *(Field(voice.name("category", code), TWO_DECIMALS) for code in codes),
        Field(voice.say("limits"), is_prose=True),
        Field(voice.say("consequence"), is_prose=True),
        Field(voice.say("tier_reasons"), is_prose=True),
    ]
    rows = [
        _supplier(pack, voice, rank, card, changes.get(card.supplier_id), codes)
        for rank, card in enumerate(pack.cards, start=1)
    ]
    placed = book.list_of(voice.say("suppliers"), fields, rows, paper=A3)
    book.mark(placed, 6, {voice.name("grade", Grade.D): book.weak, voice.name("grade", Grade.C): book.middling})
    tier = 9 + len(Dimension)
    book.mark(placed, tier, {voice.name("tier", "high"): book.weak, voice.name("tier", "medium"): book.middling})
    for column in range(tier + 3, tier + 3 + len(codes)):
        book.mark_below(placed, column, pack.policy.high.category_below, pack.policy.medium.category_below)


def _supplier(
    pack: Pack, voice: Voice, rank: int, card: Card, change: float | None, codes: Sequence[str]
) -> list[Cell]:
    return [
        clean(card.code),
        clean(card.name),
        card.country,
        rank,
        card.total,
        change,
        voice.name("grade", card.grade),
        None if card.previous_grade is None else voice.name("grade", card.previous_grade),
        *(card.dimensions[name] for name in Dimension),
        card.coverage,
        voice.name("tier", card.risk_tier),
        voice.name("basis", card.basis),
        card.confidence,
        *(card.categories.get(code) for code in codes),
        " ".join(voice.limit(code, pack.policy) for code in card.limits),
        voice.name("consequence", card.consequence),
        " ".join(voice.reason(code) for code in card.tier_reasons),
    ]
