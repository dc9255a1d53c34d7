"""Links and reminders, as the API takes and gives them."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from services.audit.schemas.fields import Body, View
from shared.days import Day


class NewSurveyLink(Body):
    """A link to make."""

    expires_on: Day | None = Field(
        default=None, description="The last UTC day; two weeks after the due date, or after today if that is later"
    )


class SurveyLinkView(View):
    """A link, shown this once."""

    url: str = Field(examples=["https://bellwether.example/audit/answer?token=AZo..."])
    expires_at: datetime


class RemindersAsked(View):
    """A round of reminders that the worker will send."""

    task_id: UUID
    due_on: date = Field(description="The day under which the round is listed")


class ReminderView(View):
    """A reminder that was due to a supplier that had not answered."""

    supplier_id: UUID
    supplier_code: str
    due_on: date
    outcome: Literal["sent", "put_off", "no_contact", "refused", "not_configured"] = Field(
        description="`put_off`: the mail server wants a part of them later, and will be asked again"
    )
    recipients: int = Field(description="How many mails the server took")
    detail: str | None = Field(description="What the mail server said, without addresses")
    sent_at: datetime
