"""Every step that takes a person, or a second one: a machine may not, whoever submitted may not, somebody else may.

What decides is told by its path and scope; a new such route fails the first test until it is tried here too.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.audit import programme, surveying
from tests.audit.closing import add_closure, implemented
from tests.scoring.business.quarter_end import Q, QuarterEnd
from tests.scoring.policy_makers import TODAY, PolicyMakers
from tests.scoring.test_scores import create_supplier
from tests.security.operations import guarded
from tests.security.test_who_gets_in import kind
from tests.stage import Stage
from tests.tried import Tried

DECIDING_SCOPES = {"audit:approve", "audit:verify", "allocation:approve"}
DECIDING_WORDS = ("approve", "reject", "override", "publish", "close", "close-findings")

NOT_DECISIONS = {
    "audit POST /v1/findings/{finding_id}/extend": "grants time to nobody who asked for it; with a reason",
    "audit POST /v1/findings/{finding_id}/reopen": "takes a closing back; with a reason",
    "audit POST /v1/findings/{finding_id}/withdraw": "says that it was not so; with a reason, and it stays readable",
    "audit POST /v1/surveys/{survey_id}/responses/{supplier_id}/reopen": "lets a supplier answer again; with a reason",
}
"""Steps under a deciding scope that a system may take too."""


@dataclass
class Decision:
    """A step to be taken: where, with what, and who prepared it."""

    service: str
    path: str
    body: Any = None
    submitted_by: str | None = "ann"
    headers: dict[str, str] = field(default_factory=lambda: {"If-Match": "*"})


Prepare = Callable[[Stage], Awaitable[Decision]]


async def a_plan(stage: Stage, step: str) -> Decision:
    await programme.add_supplier(stage)
    finding = await programme.add_finding(stage, await programme.add_audit(stage))
    assert (await programme.step(stage, finding["id"], "plan")).status_code == 200
    body = {"reason": "It was not so"} if step == "reject" else {}
    return Decision("audit", f"/v1/findings/{finding['id']}/plan/{step}", body, "sam")


async def approve_plan(stage: Stage) -> Decision:
    return await a_plan(stage, "approve")


async def reject_plan(stage: Stage) -> Decision:
    return await a_plan(stage, "reject")


async def close_finding(stage: Stage) -> Decision:
    await programme.add_supplier(stage)
    finding = await implemented(stage, await programme.add_audit(stage))
    return Decision("audit", f"/v1/findings/{finding['id']}/close", {}, "sam")


async def close_findings(stage: Stage) -> Decision:
    await programme.add_supplier(stage)
    audit = await programme.add_audit(stage)
    finding = await implemented(stage, audit)
    closure = await add_closure(stage, audit)
    body = {"findings": [{"finding_id": finding["id"], "version": finding["version"]}]}
    return Decision("audit", f"/v1/audits/{closure['id']}/close-findings", body, "sam", {})


async def publish_questionnaire(stage: Stage) -> Decision:
    body = {"name": "annual", "title": {"en": "Annual"}, "sections": surveying.SECTIONS}
    async with stage.person("audit", "ann") as ann:
        made = await ann.post("/v1/questionnaires", json=body)
    return Decision("audit", f"{made.headers['location']}/publish")


async def publish_review(stage: Stage) -> Decision:
    quarter_end = QuarterEnd(stage)
    await quarter_end.rate(S1=88, S2=74)
    await quarter_end.review()
    return Decision("scoring", f"/v1/qbrs/{Q}/publish")


async def an_allocation(stage: Stage) -> str:
    quarter_end = QuarterEnd(stage)
    await quarter_end.rate(S1=88, S2=74)
    await quarter_end.source("PCB", {"S1": 0.6, "S2": 0.4})
    await quarter_end.publish()
    await quarter_end.allocate()
    return f"/v1/allocations/{(await quarter_end.proposed('PCB'))['id']}"


async def approve_allocation(stage: Stage) -> Decision:
    return Decision("scoring", f"{await an_allocation(stage)}/approve")


async def override_allocation(stage: Stage) -> Decision:
    lines = [{"supplier_code": code, "share": 0.5} for code in ("S1", "S2")]
    return Decision("scoring", f"{await an_allocation(stage)}/override", {"reason": "second source", "lines": lines})


async def a_waiting_override(stage: Stage, step: str, body: Any, submitted_by: str) -> Decision:
    """Ann asked for the allocation, Ben for other shares, which move more than one person may move alone."""
    path = await an_allocation(stage)
    lines = [{"supplier_code": "S1", "share": 0.95}, {"supplier_code": "S2", "share": 0.05}]
    asked = Decision("scoring", f"{path}/override", {"reason": "second source", "lines": lines})
    overridden = await take(asked, stage.person("scoring", "ben"))
    assert overridden.json()["status"] == "override_pending", overridden.text
    return Decision("scoring", f"{path}/{step}", body, submitted_by)


async def confirm_override(stage: Stage) -> Decision:
    return await a_waiting_override(stage, "confirm-override", None, "ann")


async def confirm_own_override(stage: Stage) -> Decision:
    return await a_waiting_override(stage, "confirm-override", None, "ben")


async def reject_override(stage: Stage) -> Decision:
    return await a_waiting_override(stage, "reject-override", {"reason": "It was not so"}, "ann")


async def publish_policy(stage: Stage) -> Decision:
    policy = await PolicyMakers(stage).draft()
    return Decision("scoring", f"/v1/policies/{policy['version']}/publish", {"valid_from": TODAY.isoformat()})


async def override_tier(stage: Stage) -> Decision:
    supplier_id = await create_supplier(stage, "S1")
    await stage.settle()
    until = (programme.TODAY + timedelta(days=30)).isoformat()
    body = {"supplier_id": supplier_id, "risk_tier": "high", "valid_until": until, "reason": "Fire at the site"}
    return Decision("scoring", "/v1/tier-overrides", body, None, {})


async def withdraw_tier_override(stage: Stage) -> Decision:
    given = await override_tier(stage)
    async with stage.person("scoring", "ann") as ann:
        made = await ann.post(given.path, json=given.body)
        assert made.status_code == 201, made.text
    return Decision("scoring", f"{made.headers['location']}/withdraw", {"reason": "Another site"}, None)


DECISIONS: dict[str, Prepare] = {
    "audit POST /v1/findings/{finding_id}/plan/approve": approve_plan,
    "audit POST /v1/findings/{finding_id}/plan/reject": reject_plan,
    "audit POST /v1/findings/{finding_id}/close": close_finding,
    "audit POST /v1/audits/{audit_id}/close-findings": close_findings,
    "audit POST /v1/questionnaires/{questionnaire_id}/publish": publish_questionnaire,
    "scoring POST /v1/qbrs/{quarter}/publish": publish_review,
    "scoring POST /v1/allocations/{allocation_id}/approve": approve_allocation,
    "scoring POST /v1/allocations/{allocation_id}/override": override_allocation,
    "scoring POST /v1/allocations/{allocation_id}/confirm-override": confirm_override,
    "scoring POST /v1/allocations/{allocation_id}/reject-override": reject_override,
    "scoring POST /v1/policies/{version}/publish": publish_policy,
    "scoring POST /v1/tier-overrides": override_tier,
    "scoring POST /v1/tier-overrides/{override_id}/withdraw": withdraw_tier_override,
}

ALSO: dict[str, Prepare] = {"an override by whoever asked for it": confirm_own_override}
"""Decisions once more, prepared by another person who may not take them either."""


def test_every_decision_is_tried_here() -> None:
    deciding = {
        operation.id
        for operation in guarded()
        if operation.method != "GET"
        and (DECIDING_SCOPES & set(operation.scopes) or operation.path.endswith(tuple(f"/{w}" for w in DECIDING_WORDS)))
    }
    assert deciding - NOT_DECISIONS.keys() <= DECISIONS.keys()
    assert NOT_DECISIONS.keys() <= deciding
    assert DECISIONS.keys() <= {operation.id for operation in guarded()}


async def take(decision: Decision, caller: httpx.AsyncClient) -> httpx.Response:
    async with caller as client:
        return await client.post(decision.path, json=decision.body, headers=decision.headers)


async def counted_changes(stage: Stage, service: str) -> int:
    (row,) = await stage.psql(service, "SELECT count(*) AS n FROM audit_log")
    return int(row["n"])


@pytest.mark.parametrize("decision_id", [*DECISIONS, *ALSO])
async def test_a_decision_takes_a_second_person(stage: Stage, tried: Tried, decision_id: str) -> None:
    decision = await (DECISIONS | ALSO)[decision_id](stage)
    before = await counted_changes(stage, decision.service)
    machine = await take(decision, stage.machine(decision.service))
    wrong = [] if (machine.status_code, kind(machine)) == (403, "person-required") else [machine.text]
    tried("a machine where a person is needed: 403", operations=1, requests=1, attacks=1, failures=len(wrong))
    assert not wrong
    if decision.submitted_by is not None:
        same = await take(decision, stage.person(decision.service, decision.submitted_by))
        codes = (same.status_code, kind(same))
        wrong = [] if codes in {(409, "second-person-required"), (409, "findings-not-closed")} else [same.text]
        tried("the same person twice: 409", operations=1, requests=1, attacks=1, failures=len(wrong))
        assert not wrong
    assert await counted_changes(stage, decision.service) == before
    second = await take(decision, stage.person(decision.service, "zoe"))
    assert second.is_success, second.text
    assert await counted_changes(stage, decision.service) > before
    assert UUID(second.headers["x-request-id"])
