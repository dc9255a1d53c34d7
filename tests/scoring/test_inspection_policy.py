"""A public body's inspections, scored as it scores them: 100 less the points of what was found, as data alone."""

from collections import defaultdict
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from shared.feed.following import Event
from shared.ids import new_id
from tests.scoring.feeding import drain, finding_event, supplier_event, take_in
from tests.scoring.policy_makers import TODAY, PolicyMakers
from tests.stage import Stage

POINTS = {"priority": 7, "major": 4, "minor": 2}
INSPECTIONS: dict[str, Any] = {
    "categories": [{"code": "hygiene", "weight": 1}],
    "weights": {"audit": 1, "survey": 0, "inherent": 0},
    "points": POINTS,
    "factors": {"open": 1.0, "plan_approved": 1.0, "overdue": 1.0, "closed": 1.0},
    "windows_months": {"audit": 36},
    "credit": None,
    "tiers": {"high": {"base_below": 71}, "medium": {"base_below": 91}},
    "provisions": [{"standard": "City hygiene", "version": "2016", "provision": "*", "category": "hygiene"}],
}
SUPPLIERS = 300


@pytest.fixture
def makers(stage: Stage) -> PolicyMakers:
    return PolicyMakers(stage)


def audit_event(pos: int, supplier_id: UUID, **changes: Any) -> Event:
    data = {"kind": "internal", "scope": [], "site_code": None, "withdrawn_on": None}
    return Event(pos, "audit.recorded", "audit", new_id(), {**data, "supplier_id": str(supplier_id), **changes})


def steps(random: Random, found_on: Any) -> list[dict[str, str]]:
    """Some findings stay open, others go some of the way; under this policy they all count the same."""
    names = ["plan_approved", "implemented", "closed"][: random.randint(0, 3)]
    return [{"to": name, "on": (found_on + timedelta(10 * n)).isoformat()} for n, name in enumerate(names, 1)]


async def test_each_inspected_supplier_scores_100_less_its_points_and_stands_in_the_band_of_its_score(
    stage: Stage, makers: PolicyMakers
) -> None:
    policy = await makers.published(INSPECTIONS, based_on=None)
    assert policy["section_categories"] == {"*": "hygiene"}
    random = Random(11381)
    ids = {f"R{number:04}": new_id() for number in range(SUPPLIERS)}
    lost: dict[str, int] = defaultdict(int)
    told: list[Event] = []
    for number, (code, supplier_id) in enumerate(ids.items()):
        found_on = TODAY - timedelta(random.randint(100, 1000))
        told.append(audit_event(len(told) + 1, supplier_id, conducted_on=found_on.isoformat()))
        for _ in range(40 if number == 0 else random.choice([0, 1, 2, 3, 5, 8, 13])):
            severity = random.choice(list(POINTS))
            lost[code] += POINTS[severity]
            finding = {
                "standard": random.choice(["City hygiene", "County hygiene"]),  # mapped, and by section
                "code_version": "2016",
                "provision": str(random.randint(103101, 103178)),
                "severity": severity,
                "discovered_on": found_on.isoformat(),
                "due_on": (found_on + timedelta(random.choice([20, 2000]))).isoformat(),
                "transitions": steps(random, found_on),
            }
            told.append(finding_event(len(told) + 1, supplier_id, **finding))
    suppliers = [supplier_event(n, each, code=code) for n, (code, each) in enumerate(ids.items(), 1)]
    await take_in(stage, "registry", *suppliers)
    await take_in(stage, "audit", *told)
    await drain(stage, TODAY)

    scores: dict[str, dict[str, Any]] = {}
    async with stage.machine("scoring", "scoring:read") as client:
        params: dict[str, Any] = {"limit": 200}
        while True:
            page = (await client.get("/v1/scores", params=params)).json()
            scores |= {score["supplier_code"]: score for score in page["items"]}
            if page["next_cursor"] is None:
                break
            params["cursor"] = page["next_cursor"]
        worst = (await client.get(f"/v1/scores/{ids['R0000']}/explanation")).json()
    assert scores.keys() == ids.keys()
    for code, score in scores.items():
        expected = max(0, 100 - lost[code])
        assert (score["score"], score["categories"]) == (expected, {"hygiene": expected}), code
        assert score["risk_tier"] == ("high" if expected < 71 else "medium" if expected < 91 else "low")
        assert (score["confidence"], score["basis"], score["policy_version"]) == (1.0, "assessed", 2)
    assert scores["R0000"]["score"] == 0
    assert max(score["score"] for score in scores.values()) == 100
    assert sum(part["points"] for part in worst["parts"]) == pytest.approx(0, abs=1e-9)
    assert len(worst["findings"]) == 40


async def test_an_inspection_recorded_in_audit_comes_through_to_its_score(stage: Stage, makers: PolicyMakers) -> None:
    standard = {
        "standard": "City hygiene",
        "version": "2016",
        "title": "Food safety code",
        "sections": {"1": "Food"},
        "provisions": [{"code": f"10310{n}", "title": f"Rule {n}", "section": "1"} for n in range(3)],
    }
    await makers.published(INSPECTIONS, based_on=None)
    async with stage.machine("registry") as registry, stage.machine("audit") as audit:
        supplier_id = (await registry.post("/v1/suppliers", json={"code": "R1", "name": "R1"})).json()["id"]
        assert (await audit.post("/v1/standards", json=standard)).status_code == 201
        day = (TODAY - timedelta(30)).isoformat()
        body = {"supplier_id": supplier_id, "kind": "internal", "standard": "City hygiene 2016", "conducted_on": day}
        answer = await audit.post("/v1/audits", json=body)
        assert answer.status_code == 201, answer.text
        for n, severity in enumerate(POINTS):
            finding = {
                "standard": "City hygiene",
                "code_version": "2016",
                "provision": f"10310{n}",
                "severity": severity,
                "discovered_on": day,
            }
            found = await audit.post(f"/v1/audits/{answer.json()['id']}/findings", json=finding)
            assert found.status_code == 201, found.text
    await stage.settle()
    async with stage.machine("scoring", "scoring:read") as client:
        score = (await client.get(f"/v1/scores/{supplier_id}")).json()
    assert (score["score"], score["risk_tier"], score["categories"]) == (87.0, "medium", {"hygiene": 87.0})
