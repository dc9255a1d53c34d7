"""What the API takes and gives of verifications."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from services.scoring.schemas.performance import Body, View

VerificationScope = Literal["all", "current", "sample"]
VerificationStatus = Literal["queued", "running", "succeeded", "failed"]


class NewVerification(Body):
    """Which stored scores to recompute."""

    scope: VerificationScope = Field(
        default="all",
        description="`all`: the current scores and every row of their history; `current`: the current ones; "
        "`sample`: some of the current ones, picked at random",
    )


class Drift(View):
    """A stored score that comes out otherwise when it is computed from the evidence at its coordinates."""

    supplier_id: UUID
    history_id: UUID | None = Field(description="The row of the history; null for the current score")
    policy_version: int
    as_of: date
    registry_pos: int
    audit_pos: int
    engagement_pos: int
    scoring_pos: int
    differing: list[str] = Field(description="The digits that differ", examples=[["score", "base"]])
    stored: dict[str, Any]
    recomputed: dict[str, Any] | None = Field(
        description="Null where there was no such supplier at these positions, or where `error` says why not"
    )
    error: str | None


class VerificationView(View):
    """Stored scores recomputed from the evidence; `drifted` must be 0."""

    id: UUID
    scope: VerificationScope
    status: VerificationStatus
    error: str | None
    total: int | None = Field(description="Scores to look at; null until a worker has begun")
    checked: int
    drifted: int
    drifts: list[Drift] = Field(description="The first hundred of them, in the order in which they were found")
    created_by: str
    created_at: datetime
    finished_at: datetime | None
