"""A supplier's own client against everything that is another supplier's: it is not found, wherever it asks.

The operations are read off what the services serve. One for which there is no object, no body or no reason here
fails the test: say in `tests/security/world.py` how such an object is made, or below why it is shared.
"""

from typing import Any

import httpx
import pytest

from shared.ids import new_id
from tests.audit.programme import PLAN
from tests.scoring.business.quarter_end import Q
from tests.security.operations import Operation, guarded
from tests.security.world import ALPHA, BOUND_SCOPES, TODAY, World, build_world
from tests.stage import Stage
from tests.tried import Tried

SHARED = {
    "audit GET /v1/questionnaires/{questionnaire_id}": "what all suppliers are asked",
    "audit GET /v1/standards/{standard_id}": "published by others",
    "audit GET /v1/surveys/{survey_id}": "both were asked",
    "audit GET /v1/surveys/{survey_id}/responses": "both were asked; each sees its own",
    "engagement GET /v1/courses/{course_id}": "courses are for all suppliers",
    "engagement GET /v1/courses/{course_id}/views": "courses are for all suppliers; each sees its own views",
    "engagement GET /v1/courses/{course_id}/completions": "courses are for all suppliers; each sees its own",
    "engagement GET /v1/events/{event_id}/commitments": "any event may be named; each sees its own promises",
    "engagement GET /v1/events/{event_id}/invitations": "any event may be named; each sees its own invitations",
    "engagement GET /v1/events/{event_id}/treated-findings": "any event may be named; each sees its own findings",
    "scoring GET /v1/qbrs/{quarter}/scorecards": "both were reviewed; each sees its own",
    "scoring GET /v1/qbrs/{quarter}/trends": "both were reviewed; each sees its own",
}
"""What is both suppliers': it may be shown, and must hold nothing of the first one's."""
SERVICES_ONLY = {"audit PUT /v1/findings/{finding_id}/commitments/{commitment_id}"}
"""Refused to whoever is no service, before anything is looked for."""

PDF = b"%PDF-1.7\n1 0 obj\n"
BODIES: dict[str, Any] = {
    "audit PUT /v1/findings/{finding_id}/plan": PLAN,
    "audit POST /v1/findings/{finding_id}/implement": {},
    "audit POST /v1/findings/{finding_id}/evidence": PDF,
    "audit POST /v1/findings/{finding_id}/evidence/{file_id}/withdraw": {"reason": "It is not ours"},
    "audit PUT /v1/surveys/{survey_id}/responses/{supplier_id}": {"answers": {}},
    "audit POST /v1/surveys/{survey_id}/responses/{supplier_id}/submit": None,
    "audit POST /v1/surveys/{survey_id}/responses/{supplier_id}/files": PDF,
    "audit POST /v1/surveys/{survey_id}/responses/{supplier_id}/files/{file_id}/withdraw": {"reason": "It is not ours"},
    "audit PUT /v1/findings/{finding_id}/commitments/{commitment_id}": {
        "what": "Nothing", "meeting": "MTG-1", "made_on": "2026-01-01", "due_on": "2026-01-02",
    },
    "audit PUT /v1/import-mappings/plans/{name}": {"ignore": ["y"]},
    "engagement POST /v1/newsletters/{newsletter_id}/preview": None,
}  # fmt: skip
"""What the second supplier sends where it may send something: good bodies, so that only whose it is can be wrong."""

WHOLE_LISTS = {
    "audit GET /v1/statistics/findings": {"group_by": "provision"},
    "audit GET /v1/statistics/audits": {"group_by": "kind"},
    "engagement GET /v1/summary": {"from": "2020-01-01", "to": "2199-01-01"},
    "engagement GET /v1/effect": {"from": "2020-01-01", "to": "2199-01-01"},
    "engagement GET /v1/feedback-summary": {"from": "2020-01-01", "to": "2199-01-01"},
    "engagement GET /v1/topic-suggestions": {"from": "2020-01-01", "to": "2199-01-01"},
}
"""Lists that cannot be asked for without saying more."""
MORE = {"scoring GET /v1/scores/{supplier_id}/changes": {"from": TODAY}}
"""Objects that cannot be asked for without saying more; sent with every request for them."""

OWN = {
    "audit GET /v1/findings/{finding_id}",
    "audit GET /v1/findings/{finding_id}/plan",
    "audit GET /v1/findings/{finding_id}/evidence/{file_id}/content",
    "audit GET /v1/surveys/{survey_id}/responses/{supplier_id}",
    "scoring GET /v1/scores/{supplier_id}",
    "scoring GET /v1/scores/{supplier_id}/explanation",
    "scoring GET /v1/scores/{supplier_id}/changes",
    "scoring GET /v1/qbrs/{quarter}/scorecards/{supplier_id}/trend",
    "scoring GET /v1/qbrs/{quarter}/scorecards/{supplier_id}",
}
"""What a supplier is meant to see of itself, or nobody would notice that it sees nothing at all."""


@pytest.fixture
async def world(stage: Stage) -> World:
    return await build_world(stage)


def with_ids() -> list[Operation]:
    return [operation for operation in guarded() if operation.path_parameters]


def suppliers_may_ask(operation: Operation) -> bool:
    return bool(set(operation.scopes) & set(BOUND_SCOPES))


async def send(client: httpx.AsyncClient, operation: Operation, path: str) -> httpx.Response:
    """The request, with the body that its description asks for."""
    headers, more = {"If-Match": "*"}, {"params": MORE.get(operation.id)}
    if operation.method != "GET":
        if operation.id not in BODIES:
            pytest.fail(f"{operation.id}: say in BODIES what a supplier would send")
        body = BODIES[operation.id]
        if isinstance(body, bytes):
            more = {"content": body, "params": {"name": "a.pdf"}}
            headers["Content-Type"] = "application/pdf"
        elif body is not None:
            more = {"json": body}
    return await client.request(operation.method, path, headers=headers, **more)


def shown(answer: httpx.Response, marks: set[str]) -> set[str]:
    """What of the first supplier's stands in an answer that gives something."""
    return {mark for mark in marks if mark in answer.text} if answer.is_success else set()


async def test_another_suppliers_objects_are_not_found(world: World, tried: Tried) -> None:
    wrong, requests = [], 0
    asked = [operation for operation in with_ids() if suppliers_may_ask(operation)]
    for operation in asked:
        path = world.fill_in(operation)
        async with world.bound(operation.service) as client:
            answer = await send(client, operation, path)
        requests += 1
        may_be_shown = operation.id in SHARED and answer.status_code == 200
        if shown(answer, world.marks) or (
            answer.status_code != (403 if operation.id in SERVICES_ONLY else 404) and not may_be_shown
        ):
            wrong.append((operation.id, int(answer.status_code), shown(answer, world.marks), answer.text[:200]))
    tried(
        "another supplier's object, asked for by its id: 404",
        operations=len(asked),
        requests=requests,
        attacks=requests,
        failures=len(wrong),
    )
    assert not wrong, "\n".join(map(str, wrong))
    assert SHARED.keys() <= {operation.id for operation in asked}


async def test_what_suppliers_may_never_do_is_refused_the_same_for_what_exists_and_what_does_not(
    world: World, tried: Tried
) -> None:
    wrong = []
    asked = [operation for operation in with_ids() if not suppliers_may_ask(operation)]
    for operation in asked:
        answers = []
        for path in (world.fill_in(operation), operation.with_any_ids()):
            async with world.bound(operation.service) as client:
                answer = await client.request(operation.method, path, headers={"If-Match": "*"})
            answers.append((int(answer.status_code), answer.json()["type"], answer.json()["detail"]))
        if answers[0] != answers[1] or answers[0][0] != 403:
            wrong.append((operation.id, answers))
    tried(
        "what no supplier may do, with ids that exist and that do not: 403",
        operations=len(asked),
        requests=2 * len(asked),
        attacks=len(asked),
        failures=len(wrong),
    )
    assert not wrong, "\n".join(map(str, wrong))


async def test_lists_show_nothing_of_another_supplier_whatever_is_asked_for(world: World, tried: Tried) -> None:
    wrong, requests, listed = [], 0, 0
    asked = [
        operation
        for operation in guarded()
        if operation.method == "GET" and not operation.path_parameters and suppliers_may_ask(operation)
    ]
    for operation in asked:
        needed = WHOLE_LISTS.get(operation.id, {})
        known = {name for _, name in world.ids}
        names = [parameter["name"] for parameter in operation.description.get("parameters", [])]
        filters: list[dict[str, str]] = [{}]
        filters += [{name: world.value(operation, name)} for name in names if has(world, operation, name, known)]
        async with world.bound(operation.service) as client, world.stage.machine(operation.service) as admin:
            assert (await admin.get(operation.path, params=needed)).status_code == 200, operation.id
            for extra in filters:
                answer = await client.get(operation.path, params={**needed, **extra})
                requests += 1
                listed += answer.status_code == 200
                found = shown(answer, world.marks - set(extra.values()))
                if found or answer.status_code not in (200, 404):
                    wrong.append((operation.id, extra, int(answer.status_code), found, answer.text[:200]))
    tried(
        "lists and figures, also filtered by another's ids: none of its",
        operations=len(asked),
        requests=requests,
        attacks=requests,
        failures=len(wrong),
    )
    assert not wrong, "\n".join(map(str, wrong))
    assert listed


def has(world: World, operation: Operation, name: str, known: set[str]) -> bool:
    return name in known and any(
        key[1] == name and f"{operation.service}{operation.path}".startswith(key[0]) for key in world.ids
    )


async def test_the_objects_are_there_and_a_supplier_sees_its_own(world: World, tried: Tried) -> None:
    wrong, own = [], set()
    asked = [operation for operation in with_ids() if operation.method == "GET"]
    for operation in asked:
        path = world.fill_in(operation)
        async with (
            world.stage.machine(operation.service) as admin,
            world.bound(operation.service, world.alpha) as client,
        ):
            answer = await admin.get(path, params=MORE.get(operation.id))
            if answer.status_code != 200:
                wrong.append((operation.id, int(answer.status_code), answer.text[:200]))
            if (await client.get(path, params=MORE.get(operation.id))).status_code == 200:
                own.add(operation.id)
    tried("what is not found is there, and its supplier sees it", operations=len(asked), requests=2 * len(asked))
    assert not wrong, "\n".join(map(str, wrong))
    assert own >= OWN


async def test_what_a_supplier_posts_is_taken_for_nobody_elses(world: World, tried: Tried) -> None:
    posted = [
        operation
        for operation in guarded()
        if operation.method != "GET" and not operation.path_parameters and suppliers_may_ask(operation)
    ]
    assert {operation.id for operation in posted} == {
        "audit POST /v1/imports/plans",
        "scoring POST /v1/allocations/what-if",
    }
    rows = f"finding_ref,root_cause,corrective_action\nFI {ALPHA},Not mine,Nothing\n"
    before = await plan_of(world)
    share = {"commodity": "PCB", "lines": [{"supplier_code": ALPHA, "qbr_total": 10}]}
    async with world.bound("scoring") as client:
        tried_out = await client.post("/v1/allocations/what-if", json={"qbr_quarter": Q, "changes": [share]})
    assert tried_out.status_code == 404, tried_out.text
    async with world.bound("audit") as client:
        answer = await client.post("/v1/imports/plans", content=rows, headers={"Content-Type": "text/csv"})
        if answer.status_code == 202:
            await world.stage.run_tasks("audit")
    tried("another supplier's rows in a file, and what if it had other scores", operations=2, requests=2, attacks=2)
    assert await plan_of(world) == before


async def plan_of(world: World) -> Any:
    async with world.stage.machine("audit") as client:
        return (await client.get(f"/v1/findings/{world.ids['audit', 'finding_id']}/plan")).json()


async def test_a_route_that_the_world_does_not_know_fails_the_matrix(world: World) -> None:
    new = Operation("audit", "GET", "/v1/moons/{moon_id}", ("audit:read",), {})
    with pytest.raises(AssertionError, match=r"nothing for \{moon_id\}"):
        world.fill_in(new)
    assert str(new_id()) not in world.marks
