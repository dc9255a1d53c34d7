"""Attendance reports of meeting tools, and the decisions about the people in them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from services.engagement.schemas.fields import Body, View

State = Literal["mapped", "undecided", "ignored"]
DateFormat = Literal["us", "eu"]


class AttendanceReportView(View):
    """A report of a meeting tool on who was there."""

    id: UUID
    version: int
    event_id: UUID
    layout: str = Field(examples=["zoom", "teams"])
    people: int = Field(description="Everybody in it; one who joined several times is one")
    mapped: int = Field(description="Those whose attendance is recorded")
    undecided: int = Field(description="Those of whom it has to be decided whose they are")
    ignored: int = Field(description="Those who were not there during the event, or are no supplier's")
    uploaded_by: str
    uploaded_at: datetime


class ReportedPersonView(View):
    """A person in a report; name and address are there only as long as it is undecided whose person it is."""

    id: UUID
    version: int
    state: State
    name: str | None
    email: str | None
    joined_at: datetime | None
    left_at: datetime | None
    seconds: int | None = Field(description="In the meeting, over all times of joining")
    attendance_id: UUID | None


class Ignoring(Body):
    """Why somebody is no supplier's attendance; one of a list, since names do not belong into the audit log."""

    reason: Literal["own_staff", "speaker", "no_supplier", "unknown_person", "recorded_otherwise"]
