"""What the API says of a report that is still being made."""

from typing import Literal

from pydantic import Field

from services.scoring.schemas.performance import View


class ReportView(View):
    """A report on its way."""

    quarter: str
    revision: int
    language: str = Field(examples=["en"])
    status: Literal["queued"]
