"""Opening balances, the summary and its parts."""

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import figures, rules
from services.engagement.models import Event, OpeningBalance
from services.engagement.repository import figure_groups
from services.engagement.repository import figures as repository
from services.engagement.schemas.figures import (
    Breakdown,
    EventFigures,
    EventSummary,
    Figures,
    FiguresGroup,
    GroupBy,
    NewOpeningBalance,
    OpeningBalanceView,
    Summary,
)
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict, FieldError, Invalid
from shared.ids import new_id
from shared.journal import Change

EARLIEST = date(1990, 1, 1)
"""Nothing here is older: no date before it is taken."""


async def open_balance(session: AsyncSession, actor: Actor, new: NewOpeningBalance) -> OpeningBalance:
    """A new opening balance; Conflict where there is one of that day. Of several the latest counts."""
    refused = rules.complaints_about_day("as_of", new.as_of, datetime.now(UTC))
    if refused:
        raise Invalid("as_of lies in the future.", fields=[FieldError("#/as_of", refused[0][1])])
    held = await repository.find_opening_balance(session, new.as_of)
    if held is not None and held.as_of == new.as_of:
        raise Conflict(f"There is an opening balance of {new.as_of}.", code="opening-balance-taken")
    balance = OpeningBalance(id=new_id(), created_by=actor.sub, **new.model_dump())
    session.add(balance)
    await session.flush()
    state = OpeningBalanceView.model_validate(balance).model_dump(mode="json", exclude={"id"})
    await journal.record(session, actor, [Change("opening_balance.recorded", balance.id, 1, state)])
    return balance


async def summarise(session: AsyncSession, first: date | None, last: date | None, now: datetime) -> Summary:
    """The figures from `first` (None: since there are records) to `last` (None: today), and running totals."""
    to = _last_day(first, last, now)
    opening = await repository.find_opening_balance(session, to)
    opened_on = EARLIEST if opening is None else opening.as_of + timedelta(days=1)
    spans = [(first or EARLIEST, to), (opened_on, to)]
    period, since = await repository.add_up(session, spans, now, figures.SATISFIED_FROM)
    own = asdict(since)
    opened = {} if opening is None else {name: _number(getattr(opening, name)) for name in figures.OPENED_FIGURES}
    cumulative = own | figures.running_totals({name: own[name] for name in figures.OPENED_FIGURES}, opened)
    return Summary.model_validate(
        {
            "from": first,
            "to": to,
            "period": _shown(asdict(period)),
            "cumulative": _shown(cumulative),
            "opening_balance": opening,
        }
    )


@dataclass(frozen=True, slots=True)
class Question:
    """Which days, of which supplier, in which groups, and the most of them; None does not count."""

    first: date | None
    last: date | None
    supplier_id: UUID | None
    group_by: GroupBy | None
    most: int


async def break_down(session: AsyncSession, question: Question, now: datetime) -> Breakdown:
    """The figures of a period, of a supplier or by group."""
    to = _last_day(question.first, question.last, now)
    span = (question.first or EARLIEST, to)
    (period,) = await repository.add_up(session, [span], now, figures.SATISFIED_FROM, supplier_id=question.supplier_id)
    groups: list[FiguresGroup] | None = None
    complete = True
    if question.group_by is not None:
        found = await figure_groups.add_up_groups(
            session,
            question.group_by,
            span,
            now,
            figures.SATISFIED_FROM,
            question.supplier_id,
            question.most + 1,
        )
        groups = [_group(one) for one in found[: question.most]]
        complete = len(found) <= question.most
    return Breakdown.model_validate(
        {
            "from": question.first,
            "to": to,
            "supplier_id": question.supplier_id,
            "period": _shown(asdict(period)),
            "group_by": question.group_by,
            "groups": groups,
            "complete": complete,
        }
    )


async def summarise_event(session: AsyncSession, event: Event, now: datetime) -> EventSummary:
    """The figures of one event."""
    on = rules.utc_day(event.starts_at)
    (sums,) = await repository.add_up(session, [(on, on)], now, figures.SATISFIED_FROM, event_id=event.id)
    shown = _shown(asdict(sums)).model_dump(include=set(EventFigures.model_fields))
    about = {name: getattr(event, name) for name in ("event_ref", "kind", "title", "topic")}
    return EventSummary(event_id=event.id, **about, **shown)


def _last_day(first: date | None, last: date | None, now: datetime) -> date:
    to = last or rules.utc_day(now)
    if first is not None and first > to:
        raise Invalid("from lies after to.", fields=[FieldError("query: from", "lies after to")])
    return to


def _number(value: Any) -> float | int | None:
    return value if value is None or isinstance(value, int) else float(value)


def _shown(sums: dict[str, Any]) -> Figures:
    satisfied = figures.satisfaction(sums.pop("satisfied"), sums.pop("ratings"))
    return Figures(
        **{name: round(value, 2) if isinstance(value, float) else value for name, value in sums.items()},
        satisfaction_percent=satisfied.percent,
        satisfaction_n=satisfied.n,
        satisfaction_interval=satisfied.interval,
    )


def _group(sums: figure_groups.GroupSums) -> FiguresGroup:
    of_supplier = isinstance(sums.key, UUID)
    satisfied = figures.satisfaction(sums.satisfied, sums.ratings)
    return FiguresGroup(
        key=sums.code if of_supplier else sums.key,
        title=sums.name,
        supplier_id=sums.key if of_supplier else None,
        person_times=sums.person_times,
        distinct_persons=sums.distinct_persons,
        distinct_suppliers=sums.distinct_suppliers,
        session_hours=round(sums.session_hours, 2),
        person_hours=round(sums.person_hours, 2),
        satisfaction_percent=satisfied.percent,
        satisfaction_n=satisfied.n,
        satisfaction_interval=satisfied.interval,
    )
