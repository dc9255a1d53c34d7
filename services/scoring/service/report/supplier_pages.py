"""A page for each supplier."""

from collections.abc import Sequence

from services.scoring.domain.qbr import Dimension
from services.scoring.domain.report import Asked, Card, Pack, Point
from services.scoring.service.report.blocks import Block, Column, Facts, Heading, Items, Page, Pair, Table, Text
from services.scoring.service.report.charts import Bar
from services.scoring.service.report.drawn import TOP_OF_SCALE, bar_chart, tier_thresholds, trend_chart
from services.scoring.service.report.sections.page_ids import page_id
from services.scoring.service.report.voice import ABSENT, Voice, clean, figure, plain, signed
from services.scoring.service.report.wording_of_changes import change_lines

USUAL_NAME, USUAL_CATEGORIES, USUAL_REMARKS = 120, 5, 8


def pages(pack: Pack, voice: Voice) -> tuple[Page, ...]:
    """The suppliers' pages, in the order of their rank."""
    asked: dict[object, list[Asked]] = {}
    for each in pack.asked:
        asked.setdefault(each.supplier_id, []).append(each)
    changes = {each.card.supplier_id: each.change for each in (pack.movement.movers if pack.movement else ())}
    return tuple(
        _page(pack, voice, rank, card, asked.get(card.supplier_id, []), changes.get(card.supplier_id))
        for rank, card in enumerate(pack.cards, start=1)
    )


def _page(pack: Pack, voice: Voice, rank: int, card: Card, asked: Sequence[Asked], change: float | None) -> Page:
    line = [clean(card.code), card.country or voice.say("country_unknown")]
    line.append(voice.say("rank_of", rank=rank, all=len(pack.cards)))
    tier = voice.name("tier", card.risk_tier)
    blocks: list[Block] = [
        Facts(
            [
                (voice.say("grade"), _grade(voice, card)),
                (voice.say("total"), _total(voice, card, change)),
                (voice.say("tier"), tier),
                (voice.say("coverage"), _coverage(pack, voice, card)),
            ],
            prominent=True,
        ),
        Pair(_dimensions(pack, voice, card), _consequences(pack, voice, card, asked)),
        Pair(
            [Heading(voice.say("risk_categories")), *_categories(pack, voice, card)],
            [Heading(voice.say("tier_is", tier=tier)), *_tier(voice, card)],
        ),
        Heading(voice.say("trend")),
        *_trend(pack, voice, pack.trends[card.supplier_id]),
    ]
    if card.changes:
        blocks.append(Heading(voice.say("changes", revision=pack.edition.revision - 1)))
        blocks.append(Items(change_lines(voice, card.changes)))
    return Page(page_id(rank), clean(card.name), " · ".join(line), blocks, is_full=_is_full(card))


def _is_full(card: Card) -> bool:
    """Whether it may hold more than a usual page does; that most do not saves looking at each."""
    remarks = len(card.limits) + len(card.actions) + len(card.tier_reasons) + len(card.changes)
    return len(card.name) > USUAL_NAME or len(card.categories) > USUAL_CATEGORIES or remarks > USUAL_REMARKS


def _grade(voice: Voice, card: Card) -> str:
    now = voice.name("grade", card.grade)
    if card.previous_grade is None:
        return now
    return voice.say("grade_from", grade=now, before=voice.name("grade", card.previous_grade))


def _total(voice: Voice, card: Card, change: float | None) -> str:
    if change is None:
        return figure(card.total)
    return voice.say("total_from", total=figure(card.total), change=signed(change))


def _coverage(pack: Pack, voice: Voice, card: Card) -> str:
    return voice.say("coverage_of", coverage=plain(card.coverage), whole=plain(sum(pack.weights.values())))


def _dimensions(pack: Pack, voice: Voice, card: Card) -> list[Block]:
    before = pack.previous.get(card.supplier_id)
    columns = [
        Column(voice.say("dimension"), is_wide=True),
        Column(voice.say("weight"), is_figure=True),
        Column(pack.edition.quarter, is_figure=True),
        Column(pack.quarter_before, is_figure=True),
    ]
    rows = [
        [
            voice.name("dimension", name),
            plain(pack.weights[name]),
            figure(card.dimensions[name]),
            figure(before.dimensions[name]) if before else ABSENT,
        ]
        for name in Dimension
    ]
    rows.append(
        [
            voice.say("total"),
            plain(sum(pack.weights.values())),
            figure(card.total),
            figure(before.total) if before else ABSENT,
        ]
    )
    return [Heading(voice.say("dimensions")), Table(voice.say("dimensions"), columns, rows)]


def _consequences(pack: Pack, voice: Voice, card: Card, asked: Sequence[Asked]) -> list[Block]:
    limits = [voice.limit(code, pack.policy) for code in card.limits]
    blocks: list[Block] = [Heading(voice.say("what_limits"))]
    blocks.append(Items(limits) if limits else Text(voice.say("no_limits")))
    blocks += [Heading(voice.say("consequence")), Text(voice.name("consequence", card.consequence))]
    if asked:
        columns = [Column(voice.say("action"), is_wide=True), Column(voice.say("owner")), Column(voice.say("due"))]
        rows = [
            [
                voice.name("action", each.kind),
                voice.name("owner", each.owner_role),
                voice.due(each.due_on, each.due_days),
            ]
            for each in asked
        ]
        blocks.append(Table(voice.say("actions"), columns, rows))
    return blocks


def _categories(pack: Pack, voice: Voice, card: Card) -> list[Block]:
    before = pack.previous.get(card.supplier_id)
    bars = [
        Bar(
            voice.name("category", each.code),
            card.categories[each.code],
            figure(card.categories[each.code]),
            before.categories.get(each.code) if before else None,
        )
        for each in pack.policy.categories
        if each.code in card.categories
    ]
    thresholds = tier_thresholds(pack.policy.high.category_below, pack.policy.medium.category_below)
    legend = (pack.edition.quarter, pack.quarter_before) if before else None
    chart = bar_chart(
        voice, voice.say("risk_categories"), bars, most=TOP_OF_SCALE, thresholds=thresholds, legend=legend
    )
    columns = [
        Column(voice.say("category"), is_wide=True),
        Column(pack.edition.quarter, is_figure=True),
        Column(pack.quarter_before, is_figure=True),
    ]
    rows = [[bar.label, bar.shown, figure(bar.before)] for bar in bars]
    return [chart, Table(voice.say("risk_categories"), columns, rows, repeats_chart=True)]


def _tier(voice: Voice, card: Card) -> list[Block]:
    reasons = [voice.reason(code) for code in card.tier_reasons]
    basis = voice.say(
        "basis_is",
        basis=voice.name("basis", card.basis),
        confidence=f"{card.confidence:.2f}",
        base=figure(card.base),
        credit=figure(card.credit),
    )
    return [Items(reasons) if reasons else Text(voice.say("no_reason")), Text(basis)]


def _trend(pack: Pack, voice: Voice, points: Sequence[Point]) -> list[Block]:
    if len(points) == 1:
        return [Text(voice.say("no_trend"))]
    chart = trend_chart(
        voice,
        [(point.quarter, voice.name("grade", point.grade) if point.grade else ABSENT) for point in points],
        (voice.say("total"), [point.total for point in points]),
        (voice.name("dimension", Dimension.SUSTAINABILITY), [point.sustainability for point in points]),
        pack.policy.qbr,
    )
    columns = [Column(voice.say("quarter"), is_wide=True), *(Column(each.quarter, is_figure=True) for each in points)]
    rows = [
        [voice.say("total"), *(figure(each.total) for each in points)],
        [voice.say("grade"), *(voice.name("grade", each.grade) if each.grade else ABSENT for each in points)],
        [
            voice.name("dimension", Dimension.SUSTAINABILITY),
            *(figure(each.sustainability) for each in points),
        ],
        [voice.say("tier"), *(voice.name("tier", each.risk_tier) if each.risk_tier else ABSENT for each in points)],
    ]
    return [chart, Table(voice.say("trend_chart"), columns, rows, repeats_chart=True)]
