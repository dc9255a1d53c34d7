"""`/v1/risk-identifications/{which}/comparison`: one frozen run held against an earlier one."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.identification import Change
from services.scoring.endpoints.risk_identifications import OfRevision, Reader, Which
from services.scoring.repository import identifications as repository
from services.scoring.repository.identification_changes import Changes
from services.scoring.schemas.identifications import ChangeView, ComparisonView, Year
from services.scoring.service.identification.comparing import Pair, compare
from shared.sheets import Cell
from shared.web import exports
from shared.web.caller import Opened
from shared.web.etags import set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading

router = new_router("/v1/risk-identifications", "risk identification")


async def read_pair(
    which: Which,
    session: Reading,
    caller: Reader,
    revision: OfRevision = None,
    year_before: Annotated[
        Year | None, Query(alias="with", description="The year to compare with; the year before unless given")
    ] = None,
) -> Pair:
    """The two runs, the latest frozen ones; NotFound or Conflict where one is not there."""
    caller.refuse_bound("risk identification")
    after = await repository.get_frozen(session, which, revision)
    before = await repository.get_frozen(session, after.year - 1 if year_before is None else year_before)
    return Pair(before, after)


ThesePair = Annotated[Pair, Depends(read_pair)]


@router.get("/{which}/comparison")
async def compare_risk_identifications(pair: ThesePair, session: Reading, response: Response) -> ComparisonView:
    """Read how suppliers moved between the risk tiers, and how the figures differ from those of another year."""
    set_etag(response, pair.after.version, pair.after.id, pair.before.id)
    return ComparisonView.model_validate(await compare(session, pair))


@router.get("/{which}/comparison/changes", response_model=Page[ChangeView], responses=exports.AS_FILE)
async def list_risk_changes(
    pair: ThesePair,
    session: Reading,
    resources: Opened,
    wanted: exports.WantedFile,
    pages: Pages,
    change: Annotated[Change | None, Query(description="Only these; `rose` is to a higher risk tier")] = None,
) -> Page[ChangeView] | Response:
    """List the suppliers whose risk tier is another than before, who are new, or gone; a file has all of them."""
    changes = Changes(pair.before.id, pair.after.id, change)
    if wanted is not None:
        return await exports.export(resources, wanted, _table(pair, changes))
    rows, following = await pages.read(session, changes.query, *changes.keys)
    return Page(items=[ChangeView.model_validate(row) for row in rows], next_cursor=following)


def _table(pair: Pair, changes: Changes) -> exports.Table:
    header = list(ChangeView.model_fields)

    async def cells(_session: AsyncSession, rows: Sequence[Any]) -> list[list[Cell]]:
        return [[getattr(row, name) for name in header] for row in rows]

    name = f"risk-changes-{pair.before.year}-{pair.after.year}"
    return exports.Table(name, header, changes.query.order_by(*changes.keys), cells)
