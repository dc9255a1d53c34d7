"""What is known of people over HTTP: by reference, and what mail they want."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.engagement.service import people
from tests.engagement.known_people import add_contact, add_supplier, invite, ref_of
from tests.engagement.programme import attend, create_event
from tests.stage import Stage

MAIL = "mei@s1.example"
WANTS = {"invitations": True, "newsletters": False}


def problem(answer: httpx.Response) -> str:
    return str(answer.json()["type"].rpartition("/")[2])


async def hold_forum(stage: Stage) -> tuple[str, str]:
    """A forum to which somebody of S1 is invited and at which they are; their reference and the event's id."""
    supplier_id = await add_supplier(stage, "S1")
    contact_id, ref = await add_contact(stage, supplier_id, MAIL), ref_of(stage, MAIL)
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        await attend(client, event["id"], supplier_code="S1", person_ref=ref, rating=5)
    await invite(stage, event["id"], supplier_id, contact_id, ref)
    return ref, event["id"]


async def test_a_person_is_found_by_address_and_counted_at_each_supplier(stage: Stage) -> None:
    ref, _ = await hold_forum(stage)
    async with stage.machine("engagement") as client:
        found = await client.post("/v1/people/lookup", json={"email": " MEI@s1.example "})
        nobody = await client.post("/v1/people/lookup", json={"email": "bo@s1.example"})
        read = await client.get(f"/v1/people/{ref}")
        again = await client.get(f"/v1/people/{ref}", headers={"If-None-Match": read.headers["etag"]})
        unknown = await client.get(f"/v1/people/{nobody.json()['person_ref']}")
    assert found.headers["cache-control"] == "no-store"
    assert found.json() == read.json()
    assert read.json()["person_ref"] == ref
    assert read.json()["counts"] == {"attendances": 1, "completions": 0, "invitations": 1, "mails": 0}
    assert [one["supplier_code"] for one in read.json()["suppliers"]] == ["S1"]
    assert read.json()["consent"] == {"version": 0, "invitations": None, "newsletters": None, "unreachable_since": None}
    assert set(nobody.json()["counts"].values()) == {0}
    assert (again.status_code, unknown.status_code) == (304, 404)


async def test_an_address_that_is_asked_for_is_kept_nowhere(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    async with stage.machine("engagement") as client:
        body = {"email": "nobody.knows@s1.example"}
        answer = await client.post("/v1/people/lookup", json=body, headers={"Idempotency-Key": "one"})
        wrong = await client.post("/v1/people/lookup", json={"email": "nobody.knows.s1.example"})
    assert (answer.status_code, wrong.status_code) == (200, 422)
    assert "nobody" not in wrong.text
    assert "nobody" not in "".join(capfd.readouterr())
    for table in ("mailbox", "audit_log", "feed_event", "idempotency_key"):
        assert await stage.psql("engagement", f"SELECT * FROM {table}") == []


async def test_consent_is_given_withdrawn_and_forgotten_each_on_what_was_read_before(stage: Stage) -> None:
    url = f"/v1/people/{ref_of(stage, MAIL)}/consent"
    async with stage.machine("engagement") as client:
        stale = await client.put(url, json=WANTS, headers={"If-Match": '"3"'})
        first = await client.put(url, json=WANTS)
        blind = await client.put(url, json=WANTS)
        same = await client.put(url, json=WANTS, headers={"If-Match": first.headers["etag"]})
        late = await client.put(url, json=WANTS, headers={"If-Match": '"7"'})
        body = {"invitations": None, "newsletters": None}
        reset = await client.put(url, json=body, headers={"If-Match": '"1"'})
    assert [one.status_code for one in (stale, first, blind, same, late, reset)] == [412, 200, 428, 200, 412, 200]
    assert first.json()["consent"] == {"version": 1, **WANTS, "unreachable_since": None}
    assert same.json() == first.json()
    assert reset.json()["consent"]["version"] == 2
    lines = await stage.psql("engagement", "SELECT * FROM audit_log ORDER BY id")
    assert [(line["action"], line["version"]) for line in lines] == [("mailbox.changed", 1), ("mailbox.changed", 2)]
    assert await stage.psql("engagement", "SELECT * FROM feed_event") == []
    assert all(ref_of(stage, MAIL) not in str(dict(line)) for line in lines)


async def test_what_was_read_of_somebody_unknown_is_good_for_the_first_word(stage: Stage) -> None:
    ref, _ = await hold_forum(stage)
    async with stage.machine("engagement") as client:
        etag = (await client.get(f"/v1/people/{ref}")).headers["etag"]
        answer = await client.put(f"/v1/people/{ref}/consent", json=WANTS, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("POST", "lookup", {"email": "mei"}, 422),
        ("POST", "lookup", {"email": "me i@s1.example"}, 422),
        ("POST", "lookup", {"email": "mei\x00@s1.example"}, 422),
        ("POST", "lookup", {}, 422),
        ("PUT", "m-1/consent", {"invitations": True}, 422),
        ("PUT", "m-1/consent", {**WANTS, "sms": True}, 422),
        ("PUT", "m-1/consent", {**WANTS, "newsletters": "maybe"}, 422),
        ("PUT", "mei@s1.example/consent", WANTS, 422),
        ("GET", "mei@s1.example", None, 422),
        ("GET", "a%00b", None, 422),
        ("DELETE", "mei@s1.example", None, 422),
        ("GET", "x" * 65, None, 422),
    ],
)
async def test_what_is_no_reference_or_no_word_is_refused(
    stage: Stage, method: str, path: str, body: dict[str, Any] | None, expected: int
) -> None:
    async with stage.machine("engagement") as client:
        answer = await client.request(method, f"/v1/people/{path}", json=body)
    assert answer.status_code == expected, answer.text


async def test_withdrawing_twice_is_withdrawing_once_and_can_be_taken_back(stage: Stage) -> None:
    ref, at = ref_of(stage, MAIL), datetime(2026, 5, 1, tzinfo=UTC)
    database = stage.resources("engagement").database
    for _ in range(2):
        async with database.transaction() as session:
            await people.withdraw_consent(session, ref, "newsletters", by="delivery:1")
            await people.mark_unreachable(session, ref, at)
    async with stage.machine("engagement") as client:
        read = await client.get(f"/v1/people/{ref}")
        assert read.json()["consent"] == {
            "version": 2,
            "invitations": None,
            "newsletters": False,
            "unreachable_since": "2026-05-01T00:00:00Z",
        }
        body = {**WANTS, "newsletters": True, "is_reachable": True}
        mended = await client.put(f"/v1/people/{ref}/consent", json=body, headers={"If-Match": read.headers["etag"]})
    assert mended.json()["consent"]["unreachable_since"] is None
    lines = await stage.psql("engagement", "SELECT sub FROM audit_log ORDER BY id")
    assert [line["sub"] for line in lines][:2] == ["delivery:1", "mail server"]


async def test_a_suppliers_client_and_one_that_may_only_read_learn_and_do_nothing(stage: Stage) -> None:
    ref, _ = await hold_forum(stage)
    requests: list[tuple[str, str, Any]] = [
        ("POST", "lookup", {"email": MAIL}),
        ("GET", ref, None),
        ("PUT", f"{ref}/consent", WANTS),
        ("DELETE", ref, None),
    ]
    async with (
        stage.machine("engagement", "engagement:read", "engagement:write", supplier_id=uuid4()) as bound,
        stage.machine("engagement", "engagement:read") as reader,
        stage.caller("engagement") as nobody,
    ):
        for method, path, body in requests:
            url = f"/v1/people/{path}"
            assert (await bound.request(method, url, json=body)).status_code == 404
            assert (await nobody.request(method, url, json=body)).status_code == 401
            expected = 200 if method == "GET" else 403
            assert (await reader.request(method, url, json=body)).status_code == expected


@pytest.mark.parametrize("url", ["/v1/topic-suggestions?standard=%00", "/v1/events?topic=a%00b", "/v1/eve%00nts"])
async def test_a_nul_character_in_an_address_is_refused_wherever_it_leads(stage: Stage, url: str) -> None:
    async with stage.machine("engagement") as client:
        answer = await client.get(url)
    assert (answer.status_code, problem(answer)) == (422, "invalid")
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
