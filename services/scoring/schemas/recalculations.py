"""What the API takes and gives of recalculations."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from services.scoring.schemas.performance import Body, View

RecalculationStatus = Literal["queued", "running", "succeeded", "cancelled"]


class NewRecalculation(Body):
    """Why every supplier is to be scored anew."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class RecalculationView(View):
    """A recalculation, and how far it is."""

    id: UUID
    version: int
    status: RecalculationStatus
    reason: str
    total: int | None = Field(description="Suppliers; null until a worker has begun")
    done: int = Field(description="Suppliers whose chunk is done")
    changed: int = Field(description="Scores that came out otherwise")
    percent: float = Field(description="Of the suppliers, 0-100")
    chunks: int
    chunks_done: int
    suppliers_per_second: float | None = Field(description="Over the last chunks; null before the first is done")
    expected_at: datetime | None = Field(description="When it will be done, at that pace; null unless it is running")
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
