"""What was understood of a mail that came in."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from services.engagement.schemas.fields import View

Understood = Literal["bounce", "delay", "complaint", "reply", "unsubscription", "nothing"]


class InboundMailView(View):
    """What was understood of a mail; the mail itself is not kept."""

    understood: Understood = Field(
        description="`nothing`: a holiday reply, a mail of which nobody here knows what it is about, or spam"
    )
    delivery_id: UUID | None = Field(description="The mail that it is about")
    invitation_id: UUID | None = Field(description="The invitation that was answered")
