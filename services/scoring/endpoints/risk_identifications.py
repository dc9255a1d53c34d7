"""`/v1/risk-identifications`: the annual runs, and the risks in them."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.models.identifications import IdentifiedRisk, RiskIdentification
from services.scoring.repository import identifications as repository
from services.scoring.schemas.identifications import (
    IdentificationStatus,
    IdentificationView,
    NewIdentification,
    Revision,
    RiskView,
    Year,
)
from services.scoring.schemas.scores import RiskTier
from services.scoring.service import scoring
from services.scoring.service.identification import identifications
from shared.auth.principal import Principal
from shared.errors import FieldError, Invalid
from shared.sheets import Cell
from shared.web import exports
from shared.web.caller import Opened, scoped
from shared.web.etags import set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/risk-identifications", "risk identification")

Reader = Annotated[Principal, scoped("scoring:read")]
Writer = Annotated[Principal, scoped("scoring:write")]
Which = Annotated[Year | UUID, Path(description="A year, or the id of one run")]
OfRevision = Annotated[Revision | None, Query(description="This revision of the year instead of the latest")]

COLUMNS = [name for name in RiskView.model_fields if name not in ("annual_spend", "categories")]


def view(run: RiskIdentification) -> IdentificationView:
    """A run as the API shows it; nothing of its result before it is frozen."""
    shown = {name: getattr(run, name, None) for name in IdentificationView.model_fields}
    shown |= {"risk_tiers": run.tiers, "left_out": run.left_out if run.status == "frozen" else {}}
    return IdentificationView.model_validate(shown)


def _risk(risk: IdentifiedRisk) -> dict[str, Any]:
    shown = {name: getattr(risk, name, None) for name in RiskView.model_fields}
    spend = {"amount": risk.annual_spend, "currency": risk.currency}
    return {
        **shown,
        "annual_spend": None if risk.annual_spend is None else spend,
        "override_risk_tier": risk.override_tier,
        "previous_risk_tier": risk.previous_tier,
    }


@router.post("", status_code=202)
async def request_risk_identification(
    body: NewIdentification, session: Transaction, caller: Writer, response: Response
) -> IdentificationView:
    """Have a year's risks identified: for good, as the year's next revision; `status` tells when it is frozen."""
    today = scoring.today()
    run = await identifications.request_identification(session, caller.actor, body.year, body.as_of, today)
    response.headers["Location"] = f"/v1/risk-identifications/{run.id}"
    return view(run)


@router.get("")
async def list_risk_identifications(
    session: Reading,
    caller: Reader,
    pages: Pages,
    year: Annotated[Year | None, Query(description="Only revisions of this year")] = None,
    status: Annotated[IdentificationStatus | None, Query()] = None,
) -> Page[IdentificationView]:
    """List the runs, the latest year and revision first."""
    caller.refuse_bound("risk identification")
    query = select(RiskIdentification, RiskIdentification.year, RiskIdentification.revision)
    if year is not None:
        query = query.where(RiskIdentification.year == year)
    if status is not None:
        query = query.where(RiskIdentification.status == status)
    keys = RiskIdentification.year, RiskIdentification.revision
    rows, following = await pages.read(session, query, *keys, descending=True)
    return Page(items=[view(row.RiskIdentification) for row in rows], next_cursor=following)


@router.get("/{which}")
async def get_risk_identification(
    which: Which, session: Reading, caller: Reader, response: Response, revision: OfRevision = None
) -> IdentificationView:
    """Read a run: a year's latest revision, also while it is being computed, or the one with an id."""
    caller.refuse_bound("risk identification")
    run = await repository.get_identification(session, which, revision)
    set_etag(response, run.version, run.done, "begun" if run.known_at else "waiting")
    return view(run)


@router.get("/{which}/risks", response_model=Page[RiskView], responses=exports.AS_FILE)
async def list_identified_risks(
    which: Which,
    session: Reading,
    resources: Opened,
    wanted: exports.WantedFile,
    caller: Reader,
    pages: Pages,
    revision: OfRevision = None,
    risk_tier: Annotated[RiskTier | None, Query(description="The computed one")] = None,
    country: Annotated[str | None, Query()] = None,
    supply_tier: Annotated[int | None, Query(description="1 assembly, 2 components, 3 raw materials")] = None,
    category: Annotated[str | None, Query(description="With `below`: whose score in this category")] = None,
    below: Annotated[float | None, Query(ge=0, le=100.01, description="is less than this")] = None,
    overridden: Annotated[bool | None, Query(description="Whether somebody's word on the tier was in force")] = None,
    q: Annotated[str | None, Query(description="Part of the code or the name", max_length=200)] = None,
) -> Page[RiskView] | Response:
    """List the suppliers of a frozen run by code: each with its risks and what they ask for; a file has all of them."""
    caller.refuse_bound("risk identification")
    run = await repository.get_frozen(session, which, revision)
    _check_category(run, category, below)
    query = repository.risks_matching(
        run.id,
        risk_tier=risk_tier,
        country=country,
        supply_tier=supply_tier,
        category=category,
        below=below,
        overridden=overridden,
        q=q,
    )
    keys = IdentifiedRisk.supplier_code, IdentifiedRisk.supplier_id
    if wanted is not None:
        return await exports.export(resources, wanted, _table(run, query.order_by(*keys)))
    rows, following = await pages.read(session, query, *keys)
    return Page(items=[RiskView.model_validate(_risk(row.IdentifiedRisk)) for row in rows], next_cursor=following)


@router.get("/{which}/risks/{supplier_id}")
async def get_identified_risk(
    which: Which,
    supplier_id: UUID,
    session: Reading,
    caller: Reader,
    response: Response,
    revision: OfRevision = None,
) -> RiskView:
    """Read one supplier's risks in a frozen run."""
    caller.refuse_bound("risk identification")
    run = await repository.get_frozen(session, which, revision)
    risk = await repository.get_risk(session, run.id, supplier_id)
    set_etag(response, run.version, run.id)
    return RiskView.model_validate(_risk(risk))


def _table(run: RiskIdentification, query: Any) -> exports.Table:
    """The risks as a file, with a column for each category."""
    categories = list(run.category_means)

    def line(risk: IdentifiedRisk) -> list[Cell]:
        shown = _risk(risk)
        plain = [_cell(shown[name]) for name in COLUMNS]
        return [*plain, risk.annual_spend, risk.currency, *(risk.categories.get(name) for name in categories)]

    async def cells(_session: AsyncSession, rows: Sequence[Any]) -> list[list[Cell]]:
        return [line(row.IdentifiedRisk) for row in rows]

    header = [*COLUMNS, "annual_spend", "currency", *(f"categories.{name}" for name in categories)]
    return exports.Table(f"risk-identification-{run.year}-{run.revision}", header, query, cells)


def _cell(value: Any) -> Cell:
    cell: Cell = "|".join(value) if isinstance(value, list) else value
    return cell


def _check_category(run: RiskIdentification, category: str | None, below: float | None) -> None:
    if (category is None) != (below is None):
        missing = "category" if category is None else "below"
        raise Invalid("category and below go together.", fields=[FieldError(f"query: {missing}", "is missing")])
    if category is not None and category not in run.category_means and run.identified:
        detail = f"is none of {', '.join(run.category_means)}"
        raise Invalid("This run has no such category.", fields=[FieldError("query: category", detail)])
