"""A simulation tells what a policy would come to, and that comes true; it changes nothing real by telling."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.scoring.service.simulation import simulations, steps
from services.scoring.service.simulation.plans import Plan
from shared.ids import new_id
from shared.tasks import Lease, run_due
from tests.scoring.business.population import COMMODITIES, QUARTER, Population
from tests.scoring.policy_makers import TODAY, PolicyMakers
from tests.stage import Stage

SUPPLIERS = 24
DEARER: dict[str, Any] = {
    "points": {"priority": 60, "major": 30, "minor": 10},
    "factors": {"closed": 0.5},
    "tiers": {"medium": {"base_below": 85}},
    "qbr": {"weights": {"quality": 20, "cost": 10, "delivery": 10, "service": 10, "sustainability": 50}},
    "allocation": {"shift": 0.2},
}
REAL = ("score", "score_history", "dirty", "qbr", "scorecard", "action", "allocation", "allocation_line", "policy")


@pytest.fixture
def makers(stage: Stage) -> PolicyMakers:
    return PolicyMakers(stage)


@pytest.fixture
async def population(stage: Stage) -> Population:
    settled = Population(stage)
    await settled.settle_in(SUPPLIERS)
    return settled


async def get(stage: Stage, path: str, **params: Any) -> Any:
    async with stage.machine("scoring", "scoring:read") as client:
        answer = await client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()


async def ask(makers: PolicyMakers, version: int = 2, **body: Any) -> str:
    answer = await makers.send("POST", f"/{version}/simulate", body)
    assert answer.status_code == 202, answer.text
    assert answer.json()["status"] == "queued"
    return str(answer.headers["location"])


async def simulate(stage: Stage, makers: PolicyMakers, version: int = 2, **body: Any) -> dict[str, Any]:
    location = await ask(makers, version, **body)
    await stage.run_tasks("scoring")
    simulation: dict[str, Any] = await get(stage, location)
    assert simulation["status"] == "succeeded", simulation["error"]
    return simulation


async def really(stage: Stage) -> tuple[dict[str, Any], dict[str, dict[str, float]]]:
    """The quarter's review and allocations as they come out: supplier -> scorecard, commodity -> shares."""
    async with stage.person("scoring", "ann") as ann, stage.person("scoring", "ben") as ben:
        asked = await ann.post("/v1/qbrs", json={"quarter": str(QUARTER)})
        assert asked.status_code == 202, asked.text
        await stage.run_tasks("scoring")
        draft = (await ann.get(asked.headers["location"])).json()
        path = f"/v1/qbrs/{QUARTER}"
        published = await ben.post(f"{path}/publish", headers={"If-Match": f'"{draft["version"]}"'})
        assert published.status_code == 200, published.text
        cards = (await ann.get(f"{path}/scorecards", params={"limit": 200})).json()["items"]
        assert (await ann.post("/v1/allocations", json={"qbr_quarter": str(QUARTER)})).status_code == 202
        await stage.run_tasks("scoring")
        params = {"quarter": str(QUARTER), "status": "proposed"}
        allocations = (await ann.get("/v1/allocations", params=params)).json()["items"]
    shares = {
        each["commodity"]: {line["supplier_code"]: line["recommended_share"] for line in each["lines"]}
        for each in allocations
    }
    return {card["supplier_code"]: card for card in cards}, shares


async def counts(stage: Stage) -> dict[str, Any]:
    """Every real table's whole content, in short."""
    digest = "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) AS digest FROM {} t"
    return {name: (await stage.psql("scoring", digest.format(name)))[0]["digest"] for name in REAL}


@pytest.mark.usefixtures("population")
async def test_what_a_simulation_of_a_past_quarter_tells_comes_true(stage: Stage, makers: PolicyMakers) -> None:
    await makers.draft(DEARER)
    untouched = await counts(stage)
    simulation = await simulate(stage, makers, quarters=[str(QUARTER)])
    assert await counts(stage) == untouched
    (told,) = simulation["result"]
    changes = (await get(stage, f"/v1/simulations/{simulation['id']}/changes", limit=200))["items"]
    before, shares_before = await really(stage)
    draft = (await makers.send("GET", "/2")).json()
    assert (await makers.publish(draft)).status_code == 200
    await stage.psql("scoring", "UPDATE policy SET valid_from = '2001-01-01' WHERE version = 2")
    await stage.settle()
    after, shares_after = await really(stage)

    assert (told["policy_version"], told["baseline_version"], told["quarter"]) == (2, 1, str(QUARTER))
    assert told["tiers"]["suppliers"] == SUPPLIERS - 1  # one is merged
    assert (simulation["total"], simulation["done"]) == (SUPPLIERS - 1, SUPPLIERS - 1)
    grades = Counter((before[code]["grade"], after[code]["grade"]) for code in before)
    matrix = told["grades"]["migration"]
    assert {(one, other): n for one, row in matrix.items() for other, n in row.items() if n} == grades
    assert told["grades"]["suppliers"] == len(before) == len(after)
    assert told["grades"]["changed"] > 0
    assert told["warnings"] == (await get(stage, f"/v1/qbrs/{QUARTER}"))["warnings"] != []
    standing = {
        code: tuple(cards[code]["standing"][name] for cards in (before, after) for name in ("score", "risk_tier"))
        for code in before
    }
    told_changes = {change["supplier_code"]: change for change in changes}
    for code in before:
        is_other = before[code]["grade"] != after[code]["grade"] or standing[code][1] != standing[code][3]
        assert (code in told_changes) == is_other
        if is_other:
            change = told_changes[code]
            assert (change["grade_before"], change["grade_after"]) == (before[code]["grade"], after[code]["grade"])
            names = ("score_before", "tier_before", "score_after", "tier_after")
            assert tuple(change[name] for name in names) == standing[code]
    moved = {
        (commodity, code): shares_after[commodity][code] - share
        for commodity in COMMODITIES
        for code, share in shares_before[commodity].items()
    }
    orders = told["allocations"]
    assert orders["commodities"] == len(COMMODITIES)
    assert orders["lines_changed"] == sum(each != 0 for each in moved.values()) > 0
    assert orders["share_moved"] == pytest.approx(sum(map(abs, moved.values())), abs=1e-6)
    largest = orders["largest_movers"][0]
    assert abs(moved[largest["commodity"], largest["supplier_code"]]) == pytest.approx(max(map(abs, moved.values())))


@pytest.mark.usefixtures("population")
async def test_policies_are_compared_on_several_quarters_against_a_baseline(stage: Stage, makers: PolicyMakers) -> None:
    await makers.draft(DEARER)
    await makers.draft({})
    quarters = [str(QUARTER.previous), str(QUARTER)]
    simulation = await simulate(stage, makers, quarters=quarters, policies=[3, 2, 1], baseline=3)
    results = {(each["day"], each["policy_version"]): each for each in simulation["result"]}
    assert list(results) == [(quarter, version) for quarter in quarters for version in (2, 3, 1)]
    assert (simulation["policies"], simulation["baseline"]) == ([2, 3, 1], 3)
    for quarter in quarters:
        assert results[quarter, 1]["tiers"]["changed"] == results[quarter, 3]["tiers"]["changed"] == 0
        assert results[quarter, 2]["tiers"]["changed"] > 0
    assert results[quarters[0], 2]["grades"]["suppliers"] == 0
    assert results[quarters[0], 2]["allocations"] is None
    assert results[quarters[1], 1]["allocations"]["lines_changed"] == 0
    listed = await get(stage, "/v1/simulations", policy_version=3)
    assert [each["id"] for each in listed["items"]] == [simulation["id"]]


@pytest.mark.usefixtures("population")
async def test_today_is_tried_with_the_latest_quarter_that_was_reported(stage: Stage, makers: PolicyMakers) -> None:
    await makers.draft(DEARER)
    (told,) = (await simulate(stage, makers))["result"]
    assert (told["day"], told["as_of"], told["quarter"]) == (TODAY.isoformat(), TODAY.isoformat(), str(QUARTER))
    scores = (await get(stage, "/v1/scores", limit=200))["items"]
    tiers = Counter(score["risk_tier"] for score in scores)
    assert {tier: n for tier, n in told["tiers"]["before"].items() if n} == tiers
    assert told["tiers"]["mean_score_before"] == pytest.approx(sum(s["score"] for s in scores) / len(scores), abs=0.005)
    assert told["allocations"]["lines"] == 12


async def test_without_reports_a_simulation_tells_of_tiers_alone(stage: Stage, makers: PolicyMakers) -> None:
    await makers.draft(DEARER)
    (told,) = (await simulate(stage, makers, day="2020-05-05"))["result"]
    assert (told["grades"], told["allocations"], told["quarter"], told["tiers"]["suppliers"]) == (None, None, None, 0)


@pytest.mark.usefixtures("population")
async def test_the_changes_are_listed_page_by_page_and_filtered(stage: Stage, makers: PolicyMakers) -> None:
    await makers.draft(DEARER)
    simulation = await simulate(stage, makers, quarters=[str(QUARTER)])
    path = f"/v1/simulations/{simulation['id']}/changes"
    whole = (await get(stage, path, limit=200))["items"]
    paged: list[Any] = []
    cursor: Mapping[str, Any] = {}
    while True:
        page = await get(stage, path, limit=3, **cursor)
        paged += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert paged == whole
    assert len(whole) > 3
    for name in ("tier_before", "tier_after", "grade_before", "supplier_code"):
        for value in {change[name] for change in whole} - {None}:
            found = (await get(stage, path, **{name: value}))["items"]
            assert found == [change for change in whole if change[name] == value]


@pytest.mark.usefixtures("population")
async def test_chunk_by_chunk_by_workers_that_die_comes_to_the_same(stage: Stage, makers: PolicyMakers) -> None:
    await makers.draft(DEARER)
    at_once = await simulate(stage, makers, quarters=[str(QUARTER)])
    location = await ask(makers, quarters=[str(QUARTER)])
    resources = stage.resources("scoring")

    async def dies(lease: Lease) -> None:
        plan, simulation_id = Plan.read(lease.payload), UUID(lease.payload["simulation_id"])
        for _ in range(4):
            assert await steps.take_step(resources.database, lease, simulation_id, plan, 5)
        raise RuntimeError("killed")

    await run_due(resources.database, {simulations.TASK_KIND: dies})
    half = await get(stage, location)
    assert (half["status"], half["done"], half["result"]) == ("running", 20, [])
    await makers.send("POST", "/2/withdraw", {"reason": "tried as it was asked for"}, edition=1)
    await stage.psql("scoring", "UPDATE task SET next_attempt_at = now()")
    tried = await run_due(resources.database, simulations.task_handlers(resources, at_once=5, turn_seconds=0))
    assert tried > 3  # others had their turns in between
    done = await get(stage, location)
    assert done["status"] == "succeeded"
    assert done["result"] == at_once["result"]
    changes = [
        [{**change} for change in (await get(stage, f"/v1/simulations/{each['id']}/changes", limit=200))["items"]]
        for each in (at_once, done)
    ]
    assert changes[0] == changes[1]


async def test_a_simulation_whose_task_is_given_up_says_so(stage: Stage, makers: PolicyMakers) -> None:
    await makers.draft(DEARER)
    location = await ask(makers)
    await stage.psql("scoring", "UPDATE task SET attempts = 7")
    await stage.run_tasks("scoring")
    simulation = await get(stage, location)
    assert simulation["status"] == "failed"
    assert "given up" in simulation["error"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"policies": [1, 9]}, "#/policies/1"),
        ({"baseline": 9}, "#/baseline"),
        ({"quarters": [str(QUARTER), str(QUARTER.next)]}, "#/quarters/1"),
        ({"quarters": ["2026Q5"]}, "#/quarters/0"),
        ({"quarters": []}, "#/quarters"),
        ({"day": (TODAY + timedelta(1)).isoformat()}, "#/day"),
        ({"day": TODAY.isoformat(), "quarters": [str(QUARTER)]}, "#"),
        ({"policies": [1] * 5}, "#/policies"),
    ],
)
async def test_what_cannot_be_tried_is_refused(makers: PolicyMakers, body: dict[str, Any], pointer: str) -> None:
    await makers.draft()
    answer = await makers.send("POST", "/2/simulate", body)
    assert answer.status_code == 422, answer.text
    assert pointer in [each["pointer"] for each in answer.json()["errors"]]


async def test_there_is_no_simulation_of_nothing_and_none_for_suppliers(stage: Stage, makers: PolicyMakers) -> None:
    assert (await makers.send("POST", "/9/simulate", {})).status_code == 404
    async with stage.machine("scoring", "scoring:read") as client:
        assert (await client.get(f"/v1/simulations/{new_id()}")).status_code == 404
        assert (await client.get(f"/v1/simulations/{new_id()}/changes")).status_code == 404
        assert (await client.post("/v1/policies/1/simulate", json={})).status_code == 403
    await simulate(stage, makers, 1)
    async with stage.machine("scoring", "scoring:read", supplier_id=new_id()) as client:
        assert (await client.get("/v1/simulations")).status_code == 404
