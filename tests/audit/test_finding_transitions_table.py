"""Every request tried on a finding in every state: what is allowed works, all else is 409 and changes nothing."""

import pytest

from tests.audit.programme import PATH_TO, PLAN, add_audit, add_supplier, ago, finding_in, read
from tests.stage import Stage

TABLE: dict[str, dict[str, str]] = {
    # state of the finding: the requests that are allowed, and the state to which each leads
    "open": {"plan": "plan_submitted", "withdraw": "withdrawn", "extend": "open"},
    "plan_submitted": {
        "plan": "plan_submitted",
        "plan/approve": "plan_approved",
        "plan/reject": "plan_rejected",
        "withdraw": "withdrawn",
        "extend": "plan_submitted",
    },
    "plan_rejected": {"plan": "plan_submitted", "withdraw": "withdrawn", "extend": "plan_rejected"},
    "plan_approved": {"implement": "implemented", "withdraw": "withdrawn", "extend": "plan_approved"},
    "implemented": {"close": "closed", "reopen": "open", "withdraw": "withdrawn"},
    "closed": {"reopen": "open", "withdraw": "withdrawn"},
    "withdrawn": {},
}
NAMED: dict[str, list[str]] = {
    # the steps that a refusal names
    "open": ["plan_submitted", "withdrawn"],
    "plan_submitted": ["plan_submitted", "plan_approved", "plan_rejected", "withdrawn"],
    "plan_rejected": ["plan_submitted", "withdrawn"],
    "plan_approved": ["implemented", "withdrawn"],
    "implemented": ["closed", "reopened", "withdrawn"],
    "closed": ["reopened", "withdrawn"],
    "withdrawn": [],
}
REQUESTS: dict[str, tuple[str, str, dict[str, str]]] = {
    # request: its method, who sends it, its body
    "plan": ("PUT", "sam", PLAN),
    "plan/approve": ("POST", "ann", {}),
    "plan/reject": ("POST", "ann", {"reason": "No root cause"}),
    "implement": ("POST", "sam", {}),
    "close": ("POST", "ann", {}),
    "reopen": ("POST", "ann", {"reason": "It came back"}),
    "withdraw": ("POST", "ann", {"reason": "It was not so"}),
    "extend": ("POST", "ann", {"reason": "Parts are late", "due_on": ago(-900)}),
}
KEPT = ("finding", "finding_transition", "finding_extension", "plan", "feed_event", "feed_state", "audit_log")


async def everything(stage: Stage) -> dict[str, list[str]]:
    """All rows that a step could touch, as text."""
    return {
        table: [row["text"] for row in await stage.psql("audit", f"SELECT t::text AS text FROM {table} t ORDER BY 1")]
        for table in KEPT
    }


async def test_the_table_is_whole() -> None:
    assert set(TABLE) == set(NAMED) == set(PATH_TO)
    assert set().union(*TABLE.values()) == set(REQUESTS)


@pytest.mark.parametrize("request_named", REQUESTS)
@pytest.mark.parametrize("state", TABLE)
async def test_a_request_works_where_the_table_allows_it_and_is_409_and_changes_nothing_elsewhere(
    stage: Stage, state: str, request_named: str
) -> None:
    await add_supplier(stage)
    finding = await finding_in(stage, await add_audit(stage), state)
    url = f"/v1/findings/{finding['id']}"
    head = (await read(stage, "/v1/feed", limit=1))["head"]
    before = await everything(stage)

    method, person, body = REQUESTS[request_named]
    async with stage.person("audit", person) as client:
        etag = (await client.get(url)).headers["etag"]
        answer = await client.request(method, f"{url}/{request_named}", json=body, headers={"If-Match": etag})

    if request_named in TABLE[state]:
        assert answer.status_code == 200, answer.text
        after = await read(stage, url)
        assert after["status"] == TABLE[state][request_named]
        assert after["version"] == finding["version"] + 1
        assert (await read(stage, "/v1/feed", limit=1))["head"] == head + 1
        return
    refusal = answer.json()
    assert answer.status_code == 409, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert refusal["type"].endswith("/step-forbidden")
    assert refusal["allowed"] == NAMED[state]
    assert f"is {state}, so" in refusal["detail"]
    assert refusal["detail"].endswith(
        f"allowed: {', '.join(NAMED[state])}." if NAMED[state] else "no step is allowed any more."
    )
    assert await everything(stage) == before
    assert (await read(stage, "/v1/feed", limit=1))["head"] == head
    async with stage.person("audit", person) as client:
        assert (await client.get(url)).headers["etag"] == etag
    assert await read(stage, url) == finding


@pytest.mark.parametrize("request_named", ["plan/approve", "close"])
async def test_a_forbidden_step_is_told_before_who_may_take_it(stage: Stage, request_named: str) -> None:
    await add_supplier(stage)
    finding = await finding_in(stage, await add_audit(stage), "plan_approved")
    async with stage.person("audit", "sam") as submitter, stage.machine("audit") as machine:
        for client in (submitter, machine):
            answer = await client.post(f"/v1/findings/{finding['id']}/{request_named}", headers={"If-Match": "*"})
            assert answer.json()["allowed"] == NAMED["plan_approved"]
            late = await client.post(
                f"/v1/findings/{finding['id']}/{request_named}", json={"on": ago(-1)}, headers={"If-Match": "*"}
            )
            assert late.status_code == 409
