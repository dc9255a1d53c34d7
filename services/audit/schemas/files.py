"""Files, as the API takes and gives them."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from services.audit.schemas.fields import Body, Text, View


class FileWithdrawal(Body):
    """Why a file counts no longer."""

    reason: Text
    erase: bool = Field(
        default=False, description="Erase name and content for good, as personal data is on request; needs audit:write"
    )


class FileView(View):
    """What is known of a file; its content is at `.../content`."""

    id: UUID
    version: int
    name: str = Field(examples=["photo.jpg"])
    media_type: str = Field(examples=["image/jpeg"])
    size: int = Field(description="Bytes")
    sha256: str = Field(description="Of the content, in hexadecimal")
    uploaded_by: str
    uploaded_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    withdrawn_reason: str | None
    erased_at: datetime | None = Field(description="From then on the content is gone")
