"""What is asked for, by kind and one by one."""

from collections import defaultdict
from collections.abc import Sequence

from services.scoring.domain.report import Asked, Pack
from services.scoring.service.report.blocks import Column, Heading, Section, Table, Text
from services.scoring.service.report.sections.page_ids import pages_of
from services.scoring.service.report.voice import Voice, clean, short


def write(pack: Pack, voice: Voice) -> Section:
    """What is asked for, by kind and one by one."""
    heading = voice.say("actions")
    if not pack.asked:
        return Section("actions", heading, [Text(voice.say("no_actions"))])
    by_kind: dict[tuple[str, str], list[Asked]] = defaultdict(list)
    for each in pack.asked:
        by_kind[each.kind, each.owner_role].append(each)
    summary = Table(
        voice.say("actions_by_kind"),
        [
            Column(voice.say("action"), is_wide=True),
            Column(voice.say("owner")),
            Column(voice.say("count"), is_figure=True),
            Column(voice.say("due")),
        ],
        [
            [voice.name("action", kind), voice.name("owner", owner), str(len(asked)), _due_span(voice, asked)]
            for (kind, owner), asked in by_kind.items()
        ],
    )
    cards = {card.supplier_id: card for card in pack.cards}
    listed = [(cards[each.supplier_id], each) for group in by_kind.values() for each in group]
    detail = Table(
        voice.say("actions_all"),
        [
            Column(voice.say("code")),
            Column(voice.say("name"), is_wide=True),
            Column(voice.say("grade")),
            Column(voice.say("action")),
            Column(voice.say("due")),
        ],
        [
            [
                clean(card.code),
                short(clean(card.name)),
                voice.name("grade", card.grade),
                voice.name("action", each.kind),
                voice.due(each.due_on, each.due_days),
            ]
            for card, each in listed
        ],
        pages_of(pack, (card for card, _ in listed)),
    )
    return Section("actions", heading, [Heading(summary.caption), summary, Heading(detail.caption), detail])


def _due_span(voice: Voice, asked: Sequence[Asked]) -> str:
    days = sorted(voice.due(each.due_on, each.due_days) for each in asked)
    return days[0] if days[0] == days[-1] else voice.say("due_between", first=days[0], last=days[-1])
