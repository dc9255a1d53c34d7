"""Reminders of certificates as the API takes and gives them."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from services.registry.schemas.fields import Body, Text, View
from shared.days import Day


class CertificateReminderBody(Body):
    """What to ask a supplier for, and why."""

    standard: Text = Field(examples=["ISO 14001"])
    reason: Text = Field(examples=["Course CRS-14001 was completed on 2026-04-07."])
    due_on: Day


class CertificateReminderView(View):
    """That a supplier is to be asked for a certificate."""

    id: UUID
    version: int
    supplier_id: UUID
    standard: str
    reason: str
    source_id: UUID = Field(description="What gave rise to it, such as a course")
    due_on: date
    done_on: date | None = Field(description="When the certificate came, or the matter was settled otherwise")
    created_by: str
    created_at: datetime


class CertificateReminderAnswer(View):
    """The reminder that there is now, or the certificate that makes it needless: one of them is null."""

    reminder: CertificateReminderView | None
    covered_until: date | None = Field(description="The last day of the certificate that the supplier has")
