"""Opening balances and the summary."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.engagement.schemas.fields import Body, Day, Kind, Text, View

Count = Annotated[int, Field(ge=0, le=2_000_000_000)]
GroupBy = Literal["topic", "kind", "supplier"]
Hours = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]


class NewOpeningBalance(Body):
    """The running totals at the end of a day, from before the records here begin."""

    as_of: Day = Field(description="The last day that the totals cover")
    person_times: Count
    session_hours: Hours
    person_hours: Hours | None = None
    course_views: Count | None = None
    course_completions: Count | None = None
    note: Text = Field(description="Where the totals come from")


class OpeningBalanceView(View):
    """The running totals at the end of a day."""

    id: UUID
    as_of: date
    person_times: int
    session_hours: float
    person_hours: float | None
    course_views: int | None
    course_completions: int | None
    note: str


class EventFigures(View):
    """What was done at events."""

    person_times: int = Field(description="Attendances: the same person at two events is two")
    distinct_persons: int = Field(description="Different persons among the attendances that name one")
    distinct_suppliers: int = Field(description="Merged suppliers count as their survivor")
    session_hours: float = Field(description="Hours of the events that were held")
    person_hours: float = Field(description="Hours that the attendants were there")
    satisfaction_percent: float | None = Field(description="Share of ratings 4 and 5 of 5; null without ratings")
    satisfaction_n: int = Field(description="How many ratings there are")
    satisfaction_interval: tuple[float, float] | None = Field(
        description="Wilson 95 % interval of the share, in percent; null without ratings"
    )


class Figures(EventFigures):
    """What was done in a stretch of time."""

    course_views: int
    course_completions: int


class Summary(View):
    """The figures of a period, and the running totals at its end."""

    from_: date | None = Field(alias="from", description="First day (UTC); null: since the records here begin")
    to: date = Field(description="Last day (UTC)")
    period: Figures = Field(description="Records here in the period")
    cumulative: Figures = Field(
        description="The opening balance and all records after it up to `to`. Distinct persons and suppliers and "
        "satisfaction come from those records alone, since a balance holds none."
    )
    opening_balance: OpeningBalanceView | None = Field(description="Where the running totals begin")


class EventSummary(EventFigures):
    """The figures of one event; nothing while it has not ended, or once it was withdrawn."""

    event_id: UUID
    event_ref: str
    kind: Kind
    title: str
    topic: str | None


class FiguresGroup(EventFigures):
    """The figures of a kind of event, of a topic or of a supplier; courses belong to none of them."""

    key: str | None = Field(description="The kind, the event's topic or the supplier's code; null: without a topic")
    title: str | None = Field(description="The supplier's name")
    supplier_id: UUID | None


class Breakdown(View):
    """The figures of a period by group, of all suppliers or of one; running totals are of the whole programme only."""

    from_: date | None = Field(alias="from", description="First day (UTC); null: since the records here begin")
    to: date = Field(description="Last day (UTC)")
    supplier_id: UUID | None = Field(description="Only what this supplier took part in; a merged one is its survivor")
    period: Figures = Field(description="All groups together; session_hours of one supplier: of the events it attended")
    group_by: GroupBy | None
    groups: list[FiguresGroup] | None = Field(description="Most person-times first; null unless asked for")
    complete: bool = Field(description="Whether these are all groups")
