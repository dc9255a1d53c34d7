"""`/v1/qbrs/{quarter}/comments`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.scoring.endpoints.qbrs import OfQuarter, Reader, Revision, Writer
from services.scoring.models.reviews import QbrComment
from services.scoring.repository import review_comments as repository
from services.scoring.schemas.review_comments import CommentView, CommentWithdrawal, NewComment
from services.scoring.service.review import comments
from shared.web.etags import IfMatch, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/qbrs/{quarter}/comments", "quarterly business reviews")


def view(comment: QbrComment) -> CommentView:
    """A comment as the API shows it; without its words once it is withdrawn."""
    shown = CommentView.model_validate(comment)
    return shown if comment.withdrawn_at is None else shown.model_copy(update={"comment": None})


@router.get("")
async def list_comments(
    quarter: OfQuarter,
    session: Reading,
    caller: Reader,
    pages: Pages,
    supplier_id: Annotated[UUID | None, Query(description="Only on this supplier")] = None,
    revision: Revision = None,
    about_review: Annotated[bool | None, Query(description="On the review as a whole, or on single suppliers")] = None,
    withdrawn: Annotated[bool | None, Query(description="Only withdrawn ones, or only others")] = None,
) -> Page[CommentView]:
    """List what was said of a quarter's review, oldest first; suppliers never see it."""
    caller.refuse_bound("review")
    query = repository.comments_matching(
        quarter, supplier_id=supplier_id, revision=revision, about_review=about_review, withdrawn=withdrawn
    )
    rows, following = await pages.read(session, query, QbrComment.id)
    return Page(items=[view(row.QbrComment) for row in rows], next_cursor=following)


@router.post("", status_code=201)
async def add_comment(
    quarter: OfQuarter, body: NewComment, session: Transaction, caller: Writer, response: Response
) -> CommentView:
    """Comment on a review, or on one supplier in it, before or after its publication."""
    caller.refuse_bound("review")
    comment = await comments.add_comment(session, caller.actor, quarter, body)
    response.headers["Location"] = f"/v1/qbrs/{quarter}/comments/{comment.id}"
    return _show(comment, response)


@router.get("/{comment_id}")
async def get_comment(
    quarter: OfQuarter, comment_id: UUID, session: Reading, caller: Reader, response: Response
) -> CommentView:
    """Read one comment."""
    caller.refuse_bound("comment")
    return _show(await repository.get_comment(session, quarter, comment_id), response)


@router.post("/{comment_id}/withdraw")
async def withdraw_comment(
    quarter: OfQuarter,
    comment_id: UUID,
    body: CommentWithdrawal,
    expected: IfMatch,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> CommentView:
    """Take a comment back, which only its author can; its words are shown no more."""
    caller.refuse_bound("comment")
    comment = await comments.withdraw_comment(session, caller.actor, quarter, comment_id, expected, body.reason)
    return _show(comment, response)


def _show(comment: QbrComment, response: Response) -> CommentView:
    set_etag(response, comment.version)
    return view(comment)
