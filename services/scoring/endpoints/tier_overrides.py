"""`/v1/tier-overrides`."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import or_

from services.scoring.models.evidence import SupplierCopy
from services.scoring.models.overrides import TierOverride
from services.scoring.repository import overrides as repository
from services.scoring.schemas.overrides import NewTierOverride, OverrideWithdrawal, TierOverrideView
from services.scoring.schemas.scores import RiskTier
from services.scoring.service import overrides, scoring
from shared.auth.principal import Principal
from shared.days import IsoDate
from shared.web.caller import scoped
from shared.web.etags import IfMatch, set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/tier-overrides", "scores")

Reader = Annotated[Principal, scoped("scoring:read")]
Writer = Annotated[Principal, scoped("scoring:write")]


def _view(row: Any, today: date) -> TierOverrideView:
    own = {name: getattr(row.TierOverride, name, None) for name in TierOverrideView.model_fields}
    of_supplier = {"supplier_code": row.supplier_code, "scored_as": row.scored_as}
    return TierOverrideView.model_validate({**own, **of_supplier, "state": overrides.state_on(row.TierOverride, today)})


def _answer(row: Any, response: Response) -> TierOverrideView:
    today = scoring.today()
    set_etag(response, row.TierOverride.version, today, row.registry_pos)
    return _view(row, today)


@router.post("", status_code=201)
async def create_tier_override(
    body: NewTierOverride, session: Transaction, caller: Writer, response: Response
) -> TierOverrideView:
    """Say, as a person, which risk tier a supplier should be in, for how long, and why.

    It shows beside the computed tier and changes neither score, grade nor allocation.
    """
    override_id = await overrides.create_override(session, caller, body, scoring.today())
    response.headers["Location"] = f"/v1/tier-overrides/{override_id}"
    return _answer(await repository.get_with_supplier(session, override_id), response)


@router.get("")
async def list_tier_overrides(
    session: Reading,
    caller: Reader,
    pages: Pages,
    supplier_id: Annotated[
        UUID | None, Query(description="Of this supplier, and of those that were merged into it")
    ] = None,
    supplier_code: Annotated[str | None, Query(description="Exactly this code")] = None,
    risk_tier: Annotated[RiskTier | None, Query()] = None,
    on: Annotated[IsoDate | None, Query(description="Only those in force on this day")] = None,
) -> Page[TierOverrideView]:
    """List overrides of risk tiers, the newest first; withdrawn ones are among them."""
    caller.refuse_bound("tier override")
    query = repository.overrides_with_suppliers()
    if supplier_id is not None:
        query = query.where(or_(SupplierCopy.id == supplier_id, SupplierCopy.scored_as == supplier_id))
    if supplier_code is not None:
        query = query.where(SupplierCopy.code == supplier_code)
    if risk_tier is not None:
        query = query.where(TierOverride.risk_tier == risk_tier)
    if on is not None:
        query = query.where(repository.in_force(on))
    rows, following = await pages.read(session, query, TierOverride.id, descending=True)
    today = scoring.today()
    return Page(items=[_view(row, today) for row in rows], next_cursor=following)


@router.get("/{override_id}")
async def get_tier_override(
    override_id: UUID, session: Reading, caller: Reader, response: Response
) -> TierOverrideView:
    """Read one override of a risk tier."""
    caller.refuse_bound("tier override")
    return _answer(await repository.get_with_supplier(session, override_id), response)


@router.post("/{override_id}/withdraw")
async def withdraw_tier_override(
    override_id: UUID,
    body: OverrideWithdrawal,
    expected: IfMatch,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> TierOverrideView:
    """End an override as of today, as a person and with the reason; what held on past days stays readable."""
    await overrides.withdraw_override(session, caller, override_id, expected, body.reason, scoring.today())
    return _answer(await repository.get_with_supplier(session, override_id), response)
