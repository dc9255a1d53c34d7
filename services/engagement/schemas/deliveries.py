"""What became of mails, recipient by recipient; never with an address."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from services.engagement.schemas.fields import View

Status = Literal["queued", "sent", "refused", "bounced", "failed", "skipped"]
STATUS_MEANS = (
    "`sent`: the mail server took it; `refused`: it took it for nobody; `bounced`: it came back later; `failed`: "
    "it was put off for two days; `skipped`: it was not to be sent any more, and `detail` says why"
)


class MailDeliveryView(View):
    """A mail to one person."""

    id: UUID = Field(description="In the mail's Message-ID too")
    supplier_id: UUID
    supplier_code: str | None
    contact_id: UUID | None = Field(description="The registry's; null once the person is erased")
    person_ref: str
    language: str
    method: Literal["REQUEST", "CANCEL"] | None = Field(description="Of an invitation's mail")
    sequence: int | None = Field(description="Which version of the event an invitation's mail tells of")
    status: Status = Field(description=STATUS_MEANS)
    attempts: int
    next_attempt_at: datetime | None = Field(description="Only while it is queued")
    detail: str | None = Field(description="What the mail server said, or why the mail waits or was not sent")
    queued_at: datetime
    sent_at: datetime | None
    bounced_at: datetime | None


class DeliveryCounts(View):
    """How many mails are in each state."""

    queued: int = 0
    sent: int = 0
    refused: int = 0
    bounced: int = 0
    failed: int = 0
    skipped: int = 0
