"""`/v1/scores` and `/v1/freshness`."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import or_, select

from services.scoring.domain.telling import tell_score
from services.scoring.endpoints.reader_language import ReaderLanguage, headers
from services.scoring.models.evidence import SupplierCopy
from services.scoring.models.scores import Score
from services.scoring.repository import overrides, scores
from services.scoring.schemas.scores import Explanation, Freshness, HistoryEntry, RiskTier, ScoreView, SourceView
from services.scoring.service import freshness, reading, scoring
from services.scoring.service.policy.calendar import read_calendar
from shared.auth.principal import Principal
from shared.days import IsoDate, IsoMoment
from shared.web.caller import Opened, scoped
from shared.web.etags import etag_of, set_etag
from shared.web.pages import Page, Pages
from shared.web.rendering import json_response
from shared.web.route import new_router
from shared.web.transaction import Reading

router = new_router("/v1/scores", "scores")
freshness_router = new_router("/v1/freshness", "freshness")

Reader = Annotated[Principal, scoped("scoring:read")]
AsOf = Annotated[IsoDate | None, Query(description="The score of that day, under the policy then in force")]
KnownAt = Annotated[IsoMoment | None, Query(description="As it was known at that moment (RFC 3339 with an offset)")]


def _for_caller(caller: Principal, shown: dict[str, Any]) -> dict[str, Any]:
    """What is shown, without what was written for the company's own people where a supplier's own client asks."""
    override = shown["tier_override"]
    if override is None or caller.supplier_id is None:
        return shown
    return {**shown, "tier_override": {**override, "reason": None}}


def _override_tag(shown: dict[str, Any]) -> str:
    """Which override a body holds: part of its ETag, since it comes and goes while the score stays as it is."""
    override = shown["tier_override"]
    return "computed" if override is None else f"{override['id']}-{override['version']}"


@router.get("")
async def list_scores(
    session: Reading,
    caller: Reader,
    pages: Pages,
    risk_tier: Annotated[RiskTier | None, Query()] = None,
    supplier_code: Annotated[str | None, Query(description="Exactly this code")] = None,
    supply_tier: Annotated[int | None, Query(description="1 assembly, 2 components, 3 raw materials")] = None,
    overridden: Annotated[
        bool | None, Query(description="Whether somebody's word on the tier is in force today")
    ] = None,
) -> Page[ScoreView]:
    """List current scores; `risk_tier` is the computed one."""
    today = scoring.today()
    calendar = await read_calendar(session)
    query = scores.current_scores()
    if caller.supplier_id is not None:
        query = query.where(Score.supplier_id == caller.supplier_id)
    if supplier_code is not None:
        query = query.where(SupplierCopy.code == supplier_code)
    if supply_tier is not None:
        query = query.where(SupplierCopy.supply_tier == supply_tier)
    if risk_tier is not None:
        # What time or a policy has made out of date may have another tier by now; it is computed below, then looked at.
        in_force = calendar.on(today).version
        out_of_date = or_(Score.valid_until < today, Score.policy_version != in_force)
        query = query.where(or_(Score.risk_tier == risk_tier, out_of_date))
    if overridden is not None:
        somebody_said = Score.supplier_id.in_(overrides.scored_with_override(today))
        query = query.where(somebody_said if overridden else ~somebody_said)
    rows, following = await pages.read(session, query, scores.SCORE.c.supplier_id)
    views = await reading.present(session, rows, calendar, today)
    shown = [
        ScoreView.model_validate(_for_caller(caller, view)) for view in views if risk_tier in (None, view["risk_tier"])
    ]
    return Page(items=shown, next_cursor=following)


@router.get("/{supplier_id}")
async def get_score(
    supplier_id: UUID,
    session: Reading,
    caller: Reader,
    response: Response,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> ScoreView:
    """Read a supplier's score: the current one, or that of any past day as known now or at a past moment."""
    caller.see_only_own(supplier_id, "score")
    view = await reading.read_score(session, supplier_id, reading.When(as_of, known_at), scoring.today())
    positions = "-".join(str(view[f"{source}_pos"]) for source in ("registry", "audit", "engagement", "scoring"))
    completeness = "incomplete" if view["incomplete"] else "complete"
    rules = f"{view['policy_version']}-{view['valid_until']}"
    set_etag(response, view["version"], view["as_of"], positions, completeness, rules, _override_tag(view))
    return ScoreView.model_validate(_for_caller(caller, view))


@router.get("/{supplier_id}/explanation", response_model=Explanation)
async def explain_score(
    supplier_id: UUID,
    session: Reading,
    caller: Reader,
    language: ReaderLanguage,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> Response:
    """Read what a score is made of, each piece of evidence and each rule of the tier, in figures and in words."""
    caller.see_only_own(supplier_id, "score")
    when = reading.When(as_of, known_at)
    explanation = await reading.read_explanation(session, supplier_id, when, scoring.today())
    coordinates = (explanation["policy_version"], explanation["as_of"], *explanation["positions"].values())
    etag = etag_of(*coordinates, explanation["valid_until"], _override_tag(explanation), language)
    policy = (await read_calendar(session)).version(explanation["policy_version"])
    shown = _for_caller(caller, explanation)
    words = {"language": language, "words": tell_score(shown, policy, language)}
    return json_response({**shown, **words}, headers={"ETag": etag, **headers()})


@router.get("/{supplier_id}/history")
async def list_score_history(supplier_id: UUID, session: Reading, caller: Reader, pages: Pages) -> Page[HistoryEntry]:
    """List a supplier's scores as they were computed, newest first; nothing in it is ever changed."""
    caller.see_only_own(supplier_id, "score")
    query = select(scores.HISTORY).where(scores.HISTORY.c.supplier_id == supplier_id)
    rows, following = await pages.read(session, query, scores.HISTORY.c.id, descending=True)
    calendar = await read_calendar(session)
    entries = [dict(row._mapping) for row in rows]  # noqa: SLF001  # SQLAlchemy's documented name
    items = [
        HistoryEntry.model_validate({**entry, "categories": scoring.categories_by_name(entry, calendar)})
        for entry in entries
    ]
    return Page(items=items, next_cursor=following)


@freshness_router.get("")
async def read_freshness(resources: Opened, caller: Reader) -> Freshness:
    """Read whether everything that the other services know has been scored, and who lags."""
    caller.refuse_bound("freshness")
    states, dirty, recalculating = await freshness.read_freshness(resources)
    fresh = dirty == 0 and not recalculating and all(state.lag == 0 for state in states)
    sources = [SourceView.model_validate(state) for state in states]
    return Freshness(fresh=fresh, dirty=dirty, recalculating=recalculating, sources=sources)
