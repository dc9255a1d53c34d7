"""Every supplier in a line, the best total first."""

from services.scoring.domain.report import Pack
from services.scoring.service.report.blocks import Block, Column, Section, Table, Text
from services.scoring.service.report.sections.page_ids import pages_of
from services.scoring.service.report.voice import ABSENT, Voice, clean, figure, plain, short, signed


def write(pack: Pack, voice: Voice) -> Section:
    """Every supplier in a line, the best total first."""
    changes = {each.card.supplier_id: each.change for each in (pack.movement.movers if pack.movement else ())}
    columns = [
        Column(voice.say("code")),
        Column(voice.say("name"), is_wide=True),
        Column(voice.say("country")),
        Column(voice.say("total"), is_figure=True),
        Column(voice.say("change"), is_figure=True),
        Column(voice.say("grade")),
        Column(voice.say("tier")),
        Column(voice.say("coverage"), is_figure=True),
    ]
    rows = [
        [
            clean(card.code),
            short(clean(card.name)),
            card.country or ABSENT,
            figure(card.total),
            signed(changes.get(card.supplier_id)),
            voice.name("grade", card.grade),
            voice.name("tier", card.risk_tier),
            plain(card.coverage),
        ]
        for card in pack.cards
    ]
    heading = voice.say("all_suppliers")
    blocks: list[Block] = (
        [Table(heading, columns, rows, pages_of(pack, pack.cards))] if rows else [Text(voice.say("nobody"))]
    )
    return Section("suppliers", heading, blocks)
