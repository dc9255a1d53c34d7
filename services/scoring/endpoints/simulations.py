"""`/v1/policies/{version}/simulate`, and the `/v1/simulations` that come of it."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response
from sqlalchemy import select

from services.scoring.domain.qbr import Grade
from services.scoring.domain.quarter import Quarter
from services.scoring.models.simulations import Simulation
from services.scoring.repository import simulations as repository
from services.scoring.schemas.performance import Code
from services.scoring.schemas.policies import Version
from services.scoring.schemas.scores import RiskTier
from services.scoring.schemas.simulations import NewSimulation, SimulatedChangeView, SimulationStatus, SimulationView
from services.scoring.service import scoring
from services.scoring.service.simulation import simulations
from shared.auth.principal import Principal
from shared.web.caller import scoped
from shared.web.etags import set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1", "policies")

Reader = Annotated[Principal, scoped("scoring:read")]
Writer = Annotated[Principal, scoped("scoring:write")]


@router.post("/policies/{version}/simulate", status_code=202)
async def simulate_policy(
    version: Annotated[Version, Path()],
    body: NewSimulation,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> SimulationView:
    """Try a policy, a draft too, on the whole population: who would change tier or grade, who would get which orders.

    A worker does it; `Location` shows how far it is, and what came of it. Nothing real is changed.
    """
    today = scoring.today()
    days = [Quarter.parse(each) for each in body.quarters] if body.quarters else [body.day or today]
    simulation = await simulations.request_simulation(
        session, caller.actor, [version, *body.policies], body.baseline, days, today
    )
    response.headers["Location"] = f"/v1/simulations/{simulation.id}"
    return SimulationView.model_validate(simulation)


@router.get("/simulations")
async def list_simulations(
    session: Reading,
    caller: Reader,
    pages: Pages,
    status: Annotated[SimulationStatus | None, Query()] = None,
    policy_version: Annotated[int | None, Query(description="Those in which this version is tried")] = None,
) -> Page[SimulationView]:
    """List simulations, the latest first."""
    caller.refuse_bound("simulation")
    query = select(Simulation, Simulation.id)
    if status is not None:
        query = query.where(Simulation.status == status)
    if policy_version is not None:
        query = query.where(Simulation.policies.contains([policy_version]))
    rows, following = await pages.read(session, query, Simulation.id, descending=True)
    return Page(items=[SimulationView.model_validate(row.Simulation) for row in rows], next_cursor=following)


@router.get("/simulations/{simulation_id}")
async def get_simulation(simulation_id: UUID, session: Reading, caller: Reader, response: Response) -> SimulationView:
    """Read how far a simulation is, and what came of it."""
    caller.refuse_bound("simulation")
    simulation = await repository.get_simulation(session, simulation_id)
    set_etag(response, simulation.version, simulation.status, simulation.done, len(simulation.result))
    return SimulationView.model_validate(simulation)


@router.get("/simulations/{simulation_id}/changes")
async def list_simulated_changes(
    simulation_id: UUID,
    session: Reading,
    caller: Reader,
    pages: Pages,
    day: Annotated[str | None, Query(description="A day or quarter, as the simulation names it")] = None,
    policy_version: Annotated[int | None, Query()] = None,
    supplier_code: Annotated[Code | None, Query()] = None,
    tier_before: Annotated[RiskTier | None, Query()] = None,
    tier_after: Annotated[RiskTier | None, Query()] = None,
    grade_before: Annotated[Grade | None, Query()] = None,
    grade_after: Annotated[Grade | None, Query()] = None,
) -> Page[SimulatedChangeView]:
    """List the suppliers whose tier or grade would be another."""
    caller.refuse_bound("simulation")
    await repository.get_simulation(session, simulation_id)
    query = repository.changes_of(
        simulation_id, day=day, policy_version=policy_version, supplier_code=supplier_code,
        tier_before=tier_before, tier_after=tier_after, grade_before=grade_before, grade_after=grade_after,
    )  # fmt: skip
    keys = (repository.CHANGE.c[name] for name in ("day", "policy_version", "supplier_id"))
    rows, following = await pages.read(session, query, *keys)
    return Page(items=[SimulatedChangeView.model_validate(row) for row in rows], next_cursor=following)
