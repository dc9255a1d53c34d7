"""What happened to a finding, as the API tells it."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from services.audit.domain.findings import Step
from services.audit.schemas.fields import View


class FindingHistoryEntry(View):
    """One thing that somebody did."""

    at: datetime = Field(description="When it was written down here")
    by: str | None = Field(description="Opaque id of who did it")
    what: (
        Literal[
            "recorded",
            "extended",
            "file_uploaded",
            "file_withdrawn",
            "commitment_made",
            "commitment_kept",
            "commitment_withdrawn",
        ]
        | Step
    )
    on: date | None = Field(description="The day it is dated, which may lie before; null where that says nothing more")
    reason: str | None
    details: dict[str, Any] = Field(
        description="Of a plan its number and dates, of an extension both due dates, of a file what is known of it, "
        "of a closing the closure audit, of a commitment its id, its meeting, what was promised and until when"
    )
