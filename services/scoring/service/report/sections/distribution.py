"""How many suppliers have which grade and tier, and how all did over the quarters."""

from collections.abc import Sequence

from services.scoring.domain.qbr import Grade
from services.scoring.domain.report import Pack, Part
from services.scoring.service.report.blocks import Block, Column, Heading, Pair, Section, Table, Text
from services.scoring.service.report.charts import Bar
from services.scoring.service.report.drawn import bar_chart, trend_chart
from services.scoring.service.report.voice import Voice, figure, percent


def write(pack: Pack, voice: Voice) -> Section:
    """How many suppliers have which grade and tier, and how all did over the quarters."""
    blocks: list[Block] = []
    for kind, parts in (("grade", pack.grades), ("tier", pack.tiers)):
        blocks += [Heading(voice.say(f"{kind}s")), _parts(pack, voice, kind, parts)]
    if pack.movement is None:
        blocks.append(Text(voice.say("nothing_before", before=pack.quarter_before)))
    blocks += [Heading(voice.say("over_time")), *_over_time(pack, voice)]
    return Section("distribution", voice.say("distribution"), blocks)


def _parts(pack: Pack, voice: Voice, kind: str, parts: Sequence[Part]) -> Pair:
    bars = [
        Bar(
            voice.name(kind, part.name),
            float(part.count),
            f"{part.count} ({percent(part.percent)})",
            None if part.count_before is None else float(part.count_before),
        )
        for part in parts
    ]
    now, before = pack.edition.quarter, pack.quarter_before
    columns = [Column(voice.say(kind), is_wide=True), Column(now, is_figure=True), Column("%", is_figure=True)]
    rows = [[voice.name(kind, part.name), str(part.count), f"{part.percent:.1f}"] for part in parts]
    if pack.movement is not None:
        columns += [Column(before, is_figure=True), Column("%", is_figure=True)]
        rows = [
            [*row, str(part.count_before), f"{part.percent_before:.1f}"] for row, part in zip(rows, parts, strict=True)
        ]
    caption = voice.say(f"{kind}s_chart")
    legend = None if pack.movement is None else (now, before)
    return Pair([bar_chart(voice, caption, bars, legend=legend)], [Table(caption, columns, rows)])


def _over_time(pack: Pack, voice: Voice) -> list[Block]:
    columns = [
        Column(voice.say("quarter"), is_wide=True),
        Column(voice.say("suppliers"), is_figure=True),
        Column(voice.say("mean_total"), is_figure=True),
        Column(voice.say("mean_sustainability"), is_figure=True),
        *(Column(voice.name("grade", grade), is_figure=True) for grade in Grade),
    ]
    rows = [
        [
            each.quarter,
            str(each.suppliers),
            figure(each.mean_total),
            figure(each.mean_sustainability),
            *(str(each.grades.get(grade, 0)) for grade in Grade),
        ]
        for each in pack.overall
    ]
    table = Table(voice.say("over_time"), columns, rows)
    if len(pack.quarters) == 1:
        return [table, Text(voice.say("no_trend"))]
    chart = trend_chart(
        voice,
        [(each.quarter, "") for each in pack.overall],
        (voice.say("mean_total"), [each.mean_total for each in pack.overall]),
        (voice.say("mean_sustainability"), [each.mean_sustainability for each in pack.overall]),
        pack.policy.qbr,
    )
    return [chart, table]
