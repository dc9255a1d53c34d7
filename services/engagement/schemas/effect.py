"""Whether attending helps; and a finding as the audit service's feed tells it."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.engagement.schemas.fields import View


class StepState(BaseModel):
    """A step of a finding's life."""

    to: str
    on: date


class FindingState(BaseModel):
    """A finding as audit's feed tells it, as far as it matters here."""

    supplier_id: UUID
    standard: str
    code_version: str
    provision: str
    severity: Literal["priority", "major", "minor"]
    discovered_on: date
    transitions: list[StepState]


class Estimate(View):
    """A figure and how sure it is."""

    value: float | None = Field(description="Null where there is nothing to compute it from")
    interval: tuple[float, float] | None = Field(description="95 %; null where there is none")


class EffectGroup(View):
    """A group of comparable suppliers, in the window before and the one after their reference date."""

    suppliers: int = Field(description="Those with a finding in the window before; the others are not compared")
    findings_before: int = Field(
        description="Discovered from `window_days` before the reference date to the day before"
    )
    findings_after: int = Field(
        description="Discovered from the day after the reference date to `window_days` after it"
    )
    repeating: int = Field(
        description="Suppliers with a finding after on a provision (same standard, version and code) on which they had "
        "one before"
    )
    repeat_rate_percent: Estimate = Field(description="repeating / suppliers; the interval is Wilson's")
    closed_before: int = Field(description="Of findings_before, those closed before the reference date")
    closed_after: int = Field(description="Of findings_after, those closed by the end of the window after")
    median_days_to_close_before: Estimate = Field(
        description="Calendar days from discovery, of closed_before; the interval comes from drawing suppliers anew "
        "(bootstrap, 1000 draws, fixed seed)"
    )
    median_days_to_close_after: Estimate = Field(description="Of closed_after; likewise")
    follow_up_not_over: int = Field(description="Suppliers whose window after has not ended yet")


class EffectDifference(View):
    """Attended minus others: below zero is in favour of attending."""

    repeat_rate_points: Estimate = Field(
        description="Percentage points; the interval is Newcombe's (1998, method 10). All had findings before, so the "
        "rate has no value before to compare with"
    )
    findings_per_supplier: Estimate = Field(
        description="Difference in differences: (after - before) of those that attended minus that of the others; "
        "bootstrap interval"
    )
    median_days_to_close: Estimate = Field(
        description="Difference in differences of the medians, in days; bootstrap interval"
    )


class EffectWarning(View):
    """Why the figures are to be read with care."""

    code: Literal["not-random", "unaudited-cannot-repeat", "few-suppliers", "follow-up-not-over", "nothing-to-compare"]
    detail: str


class Effect(View):
    """Suppliers that attended against comparable ones that did not."""

    from_: date = Field(alias="from", description="Events of these days (UTC) ...")
    to: date
    topic: str | None
    event_id: UUID | None
    window_days: int
    events: int = Field(description="Forums and trainings in question that have ended and were not withdrawn")
    provisions: list[str] | None = Field(description="Only findings on these count; null: on all")
    comparable: str = Field(description="What the two groups have in common, and how reference dates are given")
    attended: EffectGroup
    others: EffectGroup
    difference: EffectDifference
    warnings: list[EffectWarning]
