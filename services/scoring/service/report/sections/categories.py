"""The risk categories, the worst first, and who is lowest in each."""

from services.scoring.domain.report import CategoryStanding, Pack
from services.scoring.service.report.blocks import Block, Column, Heading, Section, Table, Text
from services.scoring.service.report.charts import WIDE, Bar
from services.scoring.service.report.drawn import TOP_OF_SCALE, bar_chart, tier_thresholds
from services.scoring.service.report.sections.page_ids import pages_of
from services.scoring.service.report.voice import Voice, clean, figure, plain, short


def write(pack: Pack, voice: Voice) -> Section:
    """The risk categories, the worst first, and who is lowest in each."""
    heading = voice.say("categories")
    if not pack.categories:
        return Section("categories", heading, [Text(voice.say("no_categories"))])
    high, medium = pack.policy.high.category_below, pack.policy.medium.category_below
    bars = [
        Bar(voice.name("category", each.code), each.mean, figure(each.mean), each.mean_before)
        for each in pack.categories
    ]
    chart = bar_chart(
        voice,
        voice.say("categories_chart"),
        bars,
        most=TOP_OF_SCALE,
        thresholds=tier_thresholds(high, medium),
        width=WIDE,
        legend=None if pack.movement is None else (pack.edition.quarter, pack.quarter_before),
    )
    edges = [
        voice.say("edge", threshold=plain(edge), tier=voice.name("tier", tier))
        for tier, edge in (("high", high), ("medium", medium))
        if edge is not None
    ]
    blocks: list[Block] = [chart, *(Text(edge) for edge in edges), _category_table(pack, voice)]
    threshold = high if medium is None else medium
    lowest = [_lowest(pack, each, voice) for each in pack.categories if each.lowest]
    if threshold is not None and not lowest:
        blocks.append(Text(voice.say("nobody_low", threshold=plain(threshold))))
    for table in lowest:
        blocks += [Heading(table.caption), table]
    return Section("categories", heading, blocks)


def _category_table(pack: Pack, voice: Voice) -> Table:
    edges = [
        (threshold, name)
        for threshold, name in (
            (pack.policy.high.category_below, "below_high"),
            (pack.policy.medium.category_below, "below_medium"),
        )
        if threshold is not None
    ]
    columns = [
        Column(voice.say("category"), is_wide=True),
        Column(voice.say("mean"), is_figure=True),
        Column(voice.say("before"), is_figure=True),
        *(Column(voice.say("below", threshold=plain(threshold)), is_figure=True) for threshold, _ in edges),
    ]
    rows = [
        [
            voice.name("category", each.code),
            figure(each.mean),
            figure(each.mean_before),
            *(str(getattr(each, name)) for _, name in edges),
        ]
        for each in pack.categories
    ]
    return Table(voice.say("categories_chart"), columns, rows)


def _lowest(pack: Pack, standing: CategoryStanding, voice: Voice) -> Table:
    columns = [
        Column(voice.say("code")),
        Column(voice.say("name"), is_wide=True),
        Column(voice.say("score"), is_figure=True),
        Column(voice.say("tier")),
        Column(voice.say("basis")),
    ]
    rows = [
        [
            clean(card.code),
            short(clean(card.name)),
            figure(card.categories[standing.code]),
            voice.name("tier", card.risk_tier),
            voice.name("basis", card.basis),
        ]
        for card in standing.lowest
    ]
    caption = voice.say("lowest_in", category=voice.name("category", standing.code))
    return Table(caption, columns, rows, pages_of(pack, standing.lowest))
