"""Who rose and fell most, and whose grade changed."""

from collections.abc import Sequence

from services.scoring.domain.qbr import Grade
from services.scoring.domain.report import Movement, Mover, Pack
from services.scoring.service.report.blocks import Block, Column, Heading, Section, Table, Text
from services.scoring.service.report.charts import WIDE, Bar
from services.scoring.service.report.drawn import bar_chart
from services.scoring.service.report.sections.page_ids import pages_of
from services.scoring.service.report.voice import Voice, clean, figure, short, signed


def write(pack: Pack, voice: Voice) -> Section:
    """Who rose and fell most, and whose grade changed."""
    heading = voice.say("movers")
    moved = pack.movement
    if moved is None:
        return Section("movers", heading, [Text(voice.say("nothing_before", before=pack.quarter_before))])
    counts = {"newcomers": moved.newcomers, "leavers": moved.leavers}
    changed = sorted(
        (mover for mover in moved.movers if mover.has_other_grade), key=lambda each: (each.steps, each.card.code)
    )
    blocks: list[Block] = [Text(voice.say("movers_note", before=pack.quarter_before, **counts))]
    for key, found in (("rises", moved.rises), ("falls", moved.falls)):
        blocks += [Heading(voice.say(key)), *_moves(pack, voice, key, found)]
    blocks += [Heading(voice.say("grade_changes")), _migrations(pack, moved, voice)]
    if changed:
        blocks.append(_mover_table(pack, voice, voice.say("grade_changes"), changed))
    else:
        blocks.append(Text(voice.say("no_grade_changes")))
    return Section("movers", heading, blocks)


def _moves(pack: Pack, voice: Voice, key: str, found: Sequence[Mover]) -> list[Block]:
    if not found:
        return [Text(voice.say(f"no_{key}"))]
    bars = [Bar(clean(each.card.code), abs(each.change or 0.0), signed(each.change)) for each in found]
    return [
        bar_chart(voice, voice.say(key), bars, is_hollow=key == "falls", width=WIDE),
        _mover_table(pack, voice, voice.say(key), found),
    ]


def _mover_table(pack: Pack, voice: Voice, caption: str, found: Sequence[Mover]) -> Table:
    columns = [
        Column(voice.say("code")),
        Column(voice.say("name"), is_wide=True),
        Column(voice.say("before"), is_figure=True),
        Column(voice.say("total"), is_figure=True),
        Column(voice.say("change"), is_figure=True),
        Column(voice.say("grade")),
    ]
    rows = [
        [
            clean(each.card.code),
            short(clean(each.card.name)),
            figure(each.total_before),
            figure(each.card.total),
            signed(each.change),
            _grades(voice, each),
        ]
        for each in found
    ]
    return Table(caption, columns, rows, pages_of(pack, (each.card for each in found)))


def _grades(voice: Voice, mover: Mover) -> str:
    now = voice.name("grade", mover.card.grade)
    return f"{voice.name('grade', mover.grade_before)} → {now}" if mover.has_other_grade else now


def _migrations(pack: Pack, moved: Movement, voice: Voice) -> Table:
    columns = [Column(pack.quarter_before, is_wide=True), *(_grade_column(voice, grade) for grade in Grade)]
    rows = [
        [voice.name("grade", before), *(str(moved.migrations.get((before, now), 0)) for now in Grade)]
        for before in Grade
    ]
    caption = voice.say("migrations", before=pack.quarter_before, now=pack.edition.quarter)
    return Table(caption, columns, rows, shows_caption=True)


def _grade_column(voice: Voice, grade: Grade) -> Column:
    return Column(voice.name("grade", grade), is_figure=True)
