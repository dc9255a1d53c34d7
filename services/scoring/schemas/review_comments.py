"""What the API takes and gives of comments on reviews."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from services.scoring.schemas.performance import Body, View

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


class NewComment(Body):
    """What somebody has to say of a review, or of one supplier in it."""

    comment: Words
    supplier_id: UUID | None = Field(None, description="Only where it is about one supplier: who is in the review")
    revision: int | None = Field(None, ge=1, le=2**31 - 1, description="That was looked at; left out: the latest")


class CommentWithdrawal(Body):
    """Why a comment holds no longer."""

    reason: Words


class CommentView(View):
    """A comment on a quarter's review."""

    id: UUID
    version: int
    quarter: str
    revision: int
    supplier_id: UUID | None = Field(description="Null: on the review as a whole")
    comment: str | None = Field(description="Null once it is withdrawn")
    created_by: str
    created_at: datetime
    withdrawn_at: datetime | None
