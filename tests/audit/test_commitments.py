"""What suppliers promised about findings, as the audit service takes it down and follows it up."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.auth import tokens
from shared.ids import new_id
from tests.audit.programme import add_audit, add_finding, add_supplier, ago, events, finding_in, read, step
from tests.stage import Stage

WHAT = "A planner for each line"


def promise(**changes: Any) -> dict[str, Any]:
    return {"what": WHAT, "meeting": "MTG-1", "made_on": ago(30), "due_on": ago(1), **changes}


def url_of(finding: dict[str, Any], commitment_id: str = "") -> str:
    return f"/v1/findings/{finding['id']}/commitments" + (f"/{commitment_id}" if commitment_id else "")


async def tell(client: httpx.AsyncClient, finding: dict[str, Any], commitment_id: str, **changes: Any) -> Any:
    return await client.put(url_of(finding, commitment_id), json=promise(**changes))


async def made(stage: Stage, finding: dict[str, Any], **changes: Any) -> str:
    """A commitment that the engagement service told of; its id."""
    commitment_id = str(new_id())
    async with engagement(stage) as client:
        answer = await tell(client, finding, commitment_id, **changes)
        assert answer.status_code == 201, answer.text
    return commitment_id


def engagement(stage: Stage) -> httpx.AsyncClient:
    """The engagement service, by its own token."""
    return stage.caller("audit", stage.resources("engagement").service_tokens.token_for("audit"))


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


async def told(stage: Stage) -> list[tuple[str, dict[str, Any]]]:
    return [(event["type"], event["data"]) for event in await events(stage, "finding_commitment")]


async def test_the_engagement_service_may_tell_of_commitments_and_of_nothing_else(
    stage: Stage, finding: dict[str, Any]
) -> None:
    commitment_id = str(new_id())
    async with engagement(stage) as client:
        answer = await tell(client, finding, commitment_id)
        assert answer.status_code == 201
        assert answer.headers["location"] == url_of(finding, commitment_id)
        shown = answer.json()
        assert (await client.post(url_of(finding, commitment_id) + "/kept")).status_code == 403
        patched = await client.patch(f"/v1/findings/{finding['id']}", json={}, headers={"If-Match": "*"})
        assert patched.status_code == 403
    assert {name: shown[name] for name in promise()} == promise()
    assert (shown["status"], shown["overdue"], shown["created_by"]) == ("open", True, "bellwether:engagement")
    assert (shown["finding_ref"], shown["supplier_code"]) == (finding["finding_ref"], "S1")
    for service in ("registry", "scoring"):
        other = stage.resources(service).service_tokens.token_for("audit")
        async with stage.caller("audit", other) as client:
            assert (await tell(client, finding, commitment_id)).status_code == 403
    # What a token says of itself counts for nothing: the issuer whose key verified it does.
    liar = {"iss": tokens.SERVICE_ISSUER + "scoring", "sub": tokens.SERVICE_ISSUER + "engagement"}
    key = stage.resources("scoring").service_tokens._key
    claims = {**liar, "aud": "audit", "scope": "audit:read"}
    async with stage.caller("audit", tokens.sign(key, claims, seconds=60)) as client:
        assert (await tell(client, finding, commitment_id)).status_code == 403


async def test_telling_it_again_changes_nothing_and_makes_no_event(stage: Stage, finding: dict[str, Any]) -> None:
    commitment_id = await made(stage, finding)
    async with engagement(stage) as client:
        for _ in range(3):
            answer = await tell(client, finding, commitment_id)
            assert (answer.status_code, answer.json()["version"]) == (200, 1)
    ((happened, state),) = await told(stage)
    assert happened == "finding_commitment.made"
    assert {name: value for name, value in state.items() if name != "version"} == {
        "finding_id": finding["id"],
        "supplier_id": finding["supplier_id"],
        "meeting": "MTG-1",
        "made_on": ago(30),
        "due_on": ago(1),
        "kept_on": None,
        "withdrawn_on": None,
    }


async def test_a_late_repetition_does_not_undo_the_withdrawal_that_overtook_it(
    stage: Stage, finding: dict[str, Any]
) -> None:
    commitment_id = await made(stage, finding)
    async with engagement(stage) as client:
        ended = await tell(client, finding, commitment_id, withdrawn_on=ago(0), reason="A better one was found")
        assert (ended.json()["status"], ended.json()["note"]) == ("withdrawn", "A better one was found")
        late = await tell(client, finding, commitment_id)
        assert (late.status_code, late.json()) == (200, ended.json())
        again = await tell(client, finding, commitment_id, withdrawn_on=ago(0), reason="A better one was found")
        assert again.json() == ended.json()
    assert [happened for happened, _ in await told(stage)] == [
        "finding_commitment.made",
        "finding_commitment.withdrawn",
    ]


async def test_only_who_told_of_a_commitment_may_change_it(stage: Stage, finding: dict[str, Any]) -> None:
    commitment_id = await made(stage, finding)
    async with stage.machine("audit", "audit:read", "audit:write") as client:
        assert (await tell(client, finding, commitment_id)).status_code == 200
        refused = await tell(client, finding, commitment_id, withdrawn_on=ago(0))
        assert problem(refused) == (403, "not-the-teller")
        own = str(new_id())
        assert (await tell(client, finding, own)).status_code == 201
        assert (await tell(client, finding, own, due_on=ago(-9))).json()["due_on"] == ago(-9)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"due_on": ago(31)}, "#/due_on"),
        ({"what": " "}, "#/what"),
        ({"reason": "Why"}, "#"),
        ({"made_on": None}, "#/made_on"),
        ({"kept_on": ago(1)}, "#/kept_on"),
    ],
)
async def test_a_commitment_that_cannot_be_so_is_refused_by_field(
    stage: Stage, finding: dict[str, Any], changes: dict[str, Any], pointer: str
) -> None:
    async with engagement(stage) as client:
        answer = await tell(client, finding, str(new_id()), **changes)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert await stage.psql("audit", "SELECT id FROM finding_commitment") == []


async def test_the_id_of_a_commitment_stays_with_its_finding(stage: Stage, finding: dict[str, Any]) -> None:
    other = await add_finding(stage, await add_audit(stage))
    commitment_id = await made(stage, finding)
    async with engagement(stage) as client:
        assert problem(await tell(client, other, commitment_id)) == (409, "commitment-id-taken")
        assert (await client.get(url_of(other, commitment_id))).status_code == 404
        assert (await tell(client, {"id": str(uuid4())}, str(new_id()))).status_code == 404


async def test_a_closed_finding_takes_commitments_and_a_withdrawn_one_only_those_that_ended(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage)
    closed, withdrawn = await finding_in(stage, audit, "closed"), await finding_in(stage, audit, "withdrawn")
    await made(stage, closed)
    async with engagement(stage) as client:
        assert problem(await tell(client, withdrawn, str(new_id()))) == (409, "finding-withdrawn")
        assert (await tell(client, withdrawn, str(new_id()), withdrawn_on=ago(0))).status_code == 201


async def test_what_was_kept_is_seen_in_the_finding_and_can_be_opened_again(
    stage: Stage, finding: dict[str, Any]
) -> None:
    late, early = await made(stage, finding), await made(stage, finding, due_on=ago(-30))
    finding_url, url = f"/v1/findings/{finding['id']}", url_of(finding, late)
    async with stage.machine("audit") as client:
        before = await client.get(finding_url)
        assert (before.json()["open_commitments"], before.json()["overdue_commitments"]) == (2, 1)
        answer = await client.post(f"{url}/kept", json={"kept_on": ago(3), "note": "Seen on site"})
        assert answer.status_code == 200, answer.text
        kept = answer.json()
        assert (kept["status"], kept["kept_on"], kept["note"], kept["overdue"]) == (
            "kept",
            ago(3),
            "Seen on site",
            False,
        )
        # The finding's version is the same, what it shows is not.
        after = await client.get(finding_url, headers={"If-None-Match": before.headers["etag"]})
        assert after.status_code == 200
        assert (after.json()["open_commitments"], after.json()["overdue_commitments"]) == (1, 0)
        assert after.json()["version"] == before.json()["version"]
        assert problem(await client.post(f"{url}/kept")) == (409, "already-kept")
        stale = await client.post(f"{url}/reopen", json={"reason": "Wrong line"}, headers={"If-Match": '"1"'})
        assert stale.status_code == 412
        etag = (await client.get(url)).headers["etag"]
        opened = await client.post(f"{url}/reopen", json={"reason": "Wrong line"}, headers={"If-Match": etag})
        assert (opened.json()["status"], opened.json()["kept_on"], opened.json()["note"]) == ("open", None, None)
        assert problem(await client.post(f"{url}/reopen", json={"reason": "Wrong line"})) == (409, "not-kept")
        assert (await client.post(f"{url_of(finding, early)}/kept")).json()["kept_on"] == ago(0)
    assert [happened.partition(".")[2] for happened, _ in await told(stage)] == [
        "made",
        "made",
        "kept",
        "reopened",
        "kept",
    ]
    log = (await read(stage, "/v1/audit-log", limit=200))["items"]
    (line,) = [entry for entry in log if entry["action"] == "finding_commitment.reopened"]
    assert line["changes"]["reason"] == [None, "Wrong line"]
    assert WHAT not in str(log)
    assert "Seen on site" not in str(log)


@pytest.mark.parametrize("kept_on", [ago(31), ago(-1)])
async def test_nothing_is_kept_before_it_was_promised_nor_in_the_future(
    stage: Stage, finding: dict[str, Any], kept_on: str
) -> None:
    commitment_id = await made(stage, finding)
    async with stage.machine("audit") as client:
        answer = await client.post(url_of(finding, commitment_id) + "/kept", json={"kept_on": kept_on})
    assert problem(answer) == (422, "step-out-of-time")
    assert answer.json()["errors"][0]["pointer"] == "#/kept_on"


async def test_what_was_kept_is_not_withdrawn_and_what_was_withdrawn_is_not_kept(
    stage: Stage, finding: dict[str, Any]
) -> None:
    kept, withdrawn = await made(stage, finding), await made(stage, finding)
    async with stage.machine("audit") as client, engagement(stage) as teller:
        assert (await client.post(url_of(finding, kept) + "/kept")).status_code == 200
        assert problem(await tell(teller, finding, kept, withdrawn_on=ago(0))) == (409, "commitment-kept")
        assert (await tell(teller, finding, withdrawn, withdrawn_on=ago(0))).status_code == 200
        answer = await client.post(url_of(finding, withdrawn) + "/kept")
        assert problem(answer) == (409, "commitment-withdrawn")


async def test_the_history_tells_of_promises_with_their_days_and_meetings(
    stage: Stage, finding: dict[str, Any]
) -> None:
    kept, withdrawn = await made(stage, finding), await made(stage, finding, meeting="MTG-2", made_on=ago(20))
    async with stage.machine("audit") as client, engagement(stage) as teller:
        await client.post(url_of(finding, kept) + "/kept", json={"kept_on": ago(2), "note": "Seen on site"})
        ended = {"withdrawn_on": ago(0), "reason": "Line closed"}
        await tell(teller, finding, withdrawn, meeting="MTG-2", made_on=ago(20), **ended)
    history = (await read(stage, f"/v1/findings/{finding['id']}/history"))["items"]
    assert [(entry["what"], entry["on"], entry["reason"]) for entry in history[1:]] == [
        ("commitment_made", ago(30), None),
        ("commitment_made", ago(20), None),
        ("commitment_kept", ago(2), "Seen on site"),
        ("commitment_withdrawn", ago(0), "Line closed"),
    ]
    assert history[1]["details"] == {"commitment_id": kept, "meeting": "MTG-1", "what": WHAT, "due_on": ago(1)}


async def test_commitments_are_listed_by_what_is_awaited(stage: Stage, finding: dict[str, Any]) -> None:
    await add_supplier(stage, "S2")
    other = await add_finding(stage, await add_audit(stage, supplier_code="S2"))
    late, later = await made(stage, finding), await made(stage, finding, due_on=ago(-30), meeting="MTG-2")
    moot, kept = await made(stage, other), await made(stage, finding)
    assert (await step(stage, other["id"], "withdraw")).status_code == 200
    async with stage.machine("audit") as client:
        await client.post(url_of(finding, kept) + "/kept")

    async def listed(**params: Any) -> list[str]:
        return [item["id"] for item in (await read(stage, "/v1/commitments", **params))["items"]]

    assert await listed() == [late, later, moot, kept]
    # What a withdrawn finding entailed is not awaited any more.
    assert await listed(overdue=True) == [late]
    assert await listed(overdue=False) == [later, moot, kept]
    assert await listed(status="open") == [late, later, moot]
    assert await listed(status="kept") == [kept]
    assert await listed(status="withdrawn") == []
    assert await listed(due_before=ago(0)) == [late, moot, kept]
    assert await listed(supplier_code="S2") == await listed(supplier_id=other["supplier_id"]) == [moot]
    assert await listed(finding_id=finding["id"], meeting="MTG-2") == [later]
    page = await read(stage, url_of(finding), limit=2)
    rest = await read(stage, url_of(finding), limit=2, cursor=page["next_cursor"])
    assert [item["id"] for item in page["items"] + rest["items"]] == [late, later, kept]


async def test_a_supplier_sees_its_own_promises_and_does_not_say_that_they_were_kept(
    stage: Stage, finding: dict[str, Any]
) -> None:
    await add_supplier(stage, "S2")
    other = await add_finding(stage, await add_audit(stage, supplier_code="S2"))
    own, foreign = await made(stage, finding), await made(stage, other)
    bound = stage.machine("audit", "audit:read", "audit:submit", supplier_id=finding["supplier_id"])
    async with bound as client:
        assert [item["id"] for item in (await client.get("/v1/commitments")).json()["items"]] == [own]
        assert (await client.get("/v1/commitments", params={"supplier_id": other["supplier_id"]})).status_code == 404
        assert (await client.get(url_of(finding))).json()["items"][0]["what"] == WHAT
        assert (await client.get(url_of(other))).status_code == 404
        assert (await client.get(url_of(other, foreign))).status_code == 404
        assert (await client.post(url_of(finding, own) + "/kept")).status_code == 403
        assert (await tell(client, finding, str(new_id()))).status_code == 403
