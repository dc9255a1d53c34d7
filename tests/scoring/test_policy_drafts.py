"""Policies are drafted as whole documents, checked with every fault named, changed and withdrawn."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.scoring.policy_makers import TODAY, PolicyMakers
from tests.stage import Stage

RBA_A3 = {"standard": "RBA", "version": "8.0", "provision": "A3", "category": "labor_employment"}


@pytest.fixture
def makers(stage: Stage) -> PolicyMakers:
    return PolicyMakers(stage)


def faults(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {each["pointer"]: each["detail"] for each in answer.json()["errors"]}


async def test_a_draft_based_on_a_version_is_that_version_with_the_changes(makers: PolicyMakers) -> None:
    draft = await makers.draft({"points": {"major": 15}}, note="majors were too cheap")
    assert (draft["version"], draft["name"], draft["status"], draft["edition"]) == (2, "trial", "draft", 1)
    assert draft["document"]["points"] == {"priority": 40.0, "major": 15.0, "minor": 3.0}
    assert draft["document"]["version"] == 2
    assert len(draft["provision_categories"]) == 42
    assert draft["note"] == "majors were too cheap"
    assert (await makers.send("GET", "/2")).json() == draft
    further = await makers.draft({"points": {"minor": 4}}, based_on=2, name=None)
    assert further["document"]["points"] == {"priority": 40.0, "major": 15.0, "minor": 4.0}
    assert (further["version"], further["name"]) == (3, "trial")


async def test_a_whole_document_makes_a_policy_of_its_own(makers: PolicyMakers) -> None:
    document = {"name": "audits only", "categories": [{"code": "all", "weight": 1}], "weights": {"audit": 1}}
    draft = await makers.draft(document, based_on=None, name=None)
    assert (draft["name"], draft["section_categories"]) == ("audits only", {"*": "all"})
    assert draft["document"]["windows_months"]["audit"] == 24


async def test_every_fault_of_a_draft_is_named_at_once_and_nothing_is_kept(makers: PolicyMakers) -> None:
    document = {
        "categories": [{"code": "a", "weight": 0.5}, {"code": "b", "weight": 0.6}],
        "weights": {"audit": 0.5},
        "sections": {"*": "a"},
        "tiers": {"high": {"base_below": 80}, "medium": {"base_below": 60}},
        "provisions": [
            {**RBA_A3, "category": "a"},
            {**RBA_A3, "provision": "A33", "category": "a"},
            {**RBA_A3, "version": "9.0", "category": "a"},
            {"standard": "SA8000", "version": "2014", "provision": "1.1", "category": "nowhere"},
        ],
        "qbr": {"grades": [{"grade": "A", "from": 90, "to": 99}]},
        "colour/of money": 1,
    }
    found = faults(await makers.send("POST", "", {"name": "faulty", "document": document}))
    assert {
        "#/document/categories",
        "#/document/weights",
        "#/document/tiers/medium/base_below",
        "#/document/provisions/1/provision",
        "#/document/provisions/2/version",
        "#/document/provisions/3/standard",
        "#/document/provisions/3/category",
        "#/document/qbr/grades",
        "#/document/colour~1of money",
    } <= found.keys()
    assert found["#/document/provisions/1/provision"] == "RBA 8.0 has no provision A33; nearest: A3"
    assert "held are" in found["#/document/provisions/2/version"]
    assert "nearest: RBA" in found["#/document/provisions/3/standard"]
    assert (await makers.send("GET", "/2")).status_code == 404


async def test_validating_tells_errors_and_warnings_and_keeps_nothing(makers: PolicyMakers) -> None:
    odd = {"points": {"minor": 50}, "factors": {"closed": 1}, "credit": {"withheld_by_open": ["minor"]}}
    check = (await makers.send("POST", "/validate", {"based_on": 1, "document": odd})).json()
    assert check["usable"]
    assert {each["pointer"] for each in check["warnings"]} == {
        "#/document/points/major",
        "#/document/factors/closed",
        "#/document/credit/withheld_by_open",
    }
    assert check["document"]["points"]["minor"] == 50
    check = (await makers.send("POST", "/validate", {"document": {}})).json()
    assert (check["usable"], check["document"]) == (False, None)
    assert {"#/document/name", "#/document/categories"} <= {each["pointer"] for each in check["errors"]}
    assert len((await makers.send("GET", "")).json()["items"]) == 1


async def test_an_edition_that_audit_does_not_hold_yet_can_be_mapped_as_a_whole(makers: PolicyMakers) -> None:
    provisions = [{"standard": "City hygiene", "version": "1", "provision": "*", "category": "product_liability"}]
    draft = await makers.draft({"provisions": provisions})
    assert draft["provision_categories"] == provisions
    checked = await makers.send("POST", "/validate", {"based_on": 1, "document": {"provisions": provisions}})
    assert [each["pointer"] for each in checked.json()["warnings"]] == ["#/document/provisions/0/standard"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"based_on": 99}, "#/based_on"),
        ({"document": {}, "notes": "x"}, "#/notes"),
        ({"document": []}, "#/document"),
        ({"document": {}, "note": " "}, "#/note"),
        ({"based_on": 1, "document": {"points": {"major": 10**400}}}, "#/document/points/major"),
        ({"based_on": 1, "document": {"points": None}}, "#/document/points"),
        ({"based_on": 1, "document": {"provisions": [7, {"standard": 1}]}}, "#/document/provisions/0"),
    ],
)
async def test_a_body_that_makes_no_sense_is_refused(makers: PolicyMakers, body: dict[str, Any], pointer: str) -> None:
    assert pointer in faults(await makers.send("POST", "", {"name": "x", **body}))


async def test_a_draft_is_replaced_as_a_whole_by_whoever_has_seen_its_latest_edition(makers: PolicyMakers) -> None:
    draft = await makers.draft()
    changed = {"document": {**draft["document"], "points": {"priority": 50, "major": 12, "minor": 3}}, "note": "dearer"}
    assert (await makers.send("PUT", "/2", changed)).status_code == 428
    answer = await makers.send("PUT", "/2", changed, by="ben", edition=1)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["edition"], answer.headers["etag"]) == (2, '"2"')
    assert answer.json()["document"]["points"]["priority"] == 50
    assert (await makers.send("PUT", "/2", changed, edition=1)).status_code == 412
    again = await makers.send("PUT", "/2", changed, edition=2)
    assert (again.status_code, again.json()["edition"]) == (200, 2)
    assert faults(await makers.send("PUT", "/2", {"document": {}}, edition=2)).keys() >= {"#/document/categories"}
    assert (await makers.send("PUT", "/77", changed, edition=1)).status_code == 404


async def test_a_draft_is_withdrawn_with_a_reason_and_never_changes_again(makers: PolicyMakers) -> None:
    draft = await makers.draft()
    assert (await makers.send("POST", "/2/withdraw", {"reason": " "}, edition=1)).status_code == 422
    answer = await makers.send("POST", "/2/withdraw", {"reason": "a thought too many"}, by="machine", edition=1)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["withdrawn_reason"]) == ("withdrawn", "a thought too many")
    for path, body in (
        ("/2/withdraw", {"reason": "again"}),
        ("/2/publish", {"valid_from": (TODAY + timedelta(1)).isoformat()}),
    ):
        assert (await makers.send("POST", path, body, by="ben", edition=2)).status_code == 409
    document = {"document": draft["document"]}
    assert (await makers.send("PUT", "/2", document, edition=2)).json()["type"].endswith("not-a-draft")
    listed = await makers.send("GET", "?status=withdrawn")
    assert [policy["version"] for policy in listed.json()["items"]] == [2]


async def test_each_change_is_in_the_feed_and_what_was_said_in_the_audit_log_alone(
    stage: Stage, makers: PolicyMakers
) -> None:
    draft = await makers.draft(note="first thoughts")
    await makers.send("PUT", "/2", {"document": draft["document"] | {"credit": None}}, edition=1)
    await makers.send("POST", "/2/withdraw", {"reason": "enough"}, edition=2)
    async with stage.machine("scoring", "admin") as client:
        feed = (await client.get("/v1/feed")).json()["events"]
        log = (await client.get("/v1/audit-log", params={"resource_id": draft["id"]})).json()["items"]
    told = [event for event in feed if event["type"].startswith("policy.")]
    assert [event["type"] for event in told] == ["policy.drafted", "policy.changed", "policy.withdrawn"]
    assert {event["subject"] for event in told} == {draft["id"]}
    assert told[1]["data"]["document"]["credit"] is None
    assert "first thoughts" not in str(feed)
    assert "enough" not in str(feed)
    assert "first thoughts" in str(log)
    assert "enough" in str(log)


async def test_a_repeated_draft_with_its_key_is_one_draft(stage: Stage) -> None:
    async with stage.person("scoring") as client:
        bodies = []
        for _ in range(2):
            answer = await client.post(
                "/v1/policies", json={"based_on": 1, "name": "once"}, headers={"Idempotency-Key": "draft-1"}
            )
            assert answer.status_code == 201, answer.text
            assert answer.headers["location"] == "/v1/policies/2"
            bodies.append(answer.json())
    assert bodies[0] == bodies[1]
