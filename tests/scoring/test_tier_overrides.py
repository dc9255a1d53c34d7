"""People's word on risk tiers: who may give it, for how long, where it shows, and how it ends."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.scoring.domain.policy import Overrides
from services.scoring.domain.tier_overrides import faults_of_days
from shared.ids import new_id
from tests.scoring.test_scores import create_supplier, put_country_risk
from tests.stage import PEOPLE, Stage

TODAY = datetime.now(UTC).date()
PATH = "/v1/tier-overrides"
REASON = "Fire at the site in March, told by Ms Lin."


def ahead(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


async def scored_supplier(stage: Stage, code: str = "S1") -> str:
    supplier_id = await create_supplier(stage, code)
    await stage.settle()
    return supplier_id


async def say(stage: Stage, supplier_id: str, *, by: str | None = "ann", **fields: Any) -> httpx.Response:
    """Override a tier as a person, or as a machine where nobody is named."""
    body = {"supplier_id": supplier_id, "risk_tier": "high", "valid_until": ahead(30), "reason": REASON} | fields
    caller = stage.machine("scoring") if by is None else stage.person("scoring", by)
    async with caller as client:
        return await client.post(PATH, json=body)


async def withdraw(stage: Stage, override: dict[str, Any], **headers: str) -> httpx.Response:
    async with stage.person("scoring", "ben") as client:
        given = headers or {"If-Match": f'"{override["version"]}"'}
        path = f"{PATH}/{override['id']}/withdraw"
        return await client.post(path, json={"reason": "It was another site."}, headers=given)


async def get(stage: Stage, path: str, **params: Any) -> httpx.Response:
    async with stage.machine("scoring", "scoring:read") as client:
        answer = await client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer


async def shift(stage: Stage, override_id: str, days: int) -> None:
    """Let that many days have passed since the override was given."""
    moved = "valid_from = valid_from - $2::int, valid_until = valid_until - $2::int"
    since = "created_at = created_at - make_interval(days => $2::int)"
    await stage.psql("scoring", f"UPDATE tier_override SET {moved}, {since} WHERE id = $1", UUID(override_id), days)


async def test_a_persons_word_shows_beside_the_computed_tier_and_never_instead_of_it(stage: Stage) -> None:
    await put_country_risk(stage)
    supplier_id = await scored_supplier(stage)
    before = (await get(stage, f"/v1/scores/{supplier_id}")).json()
    assert before["tier_override"] is None
    said = await say(stage, supplier_id)
    assert said.status_code == 201, said.text
    override = said.json()
    assert (override["created_by"], override["state"], override["supplier_code"]) == (f"{PEOPLE}|ann", "in_force", "S1")
    beside = {
        "id": override["id"],
        "version": 1,
        "risk_tier": "high",
        "valid_from": TODAY.isoformat(),
        "valid_until": ahead(30),
        "reason": REASON,
    }
    assert (await get(stage, f"/v1/scores/{supplier_id}")).json() == before | {"tier_override": beside}
    assert (await get(stage, "/v1/scores", risk_tier="medium")).json()["items"] == [before | {"tier_override": beside}]
    assert (await get(stage, "/v1/scores", risk_tier="high")).json()["items"] == []
    explanation = (await get(stage, f"/v1/scores/{supplier_id}/explanation")).json()
    assert (explanation["tier_override"], explanation["risk_tier"]) == (beside, "medium")
    assert (await get(stage, said.headers["location"])).json() == override


async def test_scores_are_listed_by_whether_somebody_has_said_something(stage: Stage) -> None:
    one, two = await create_supplier(stage, "S1"), await scored_supplier(stage, "S2")
    await say(stage, one)
    await say(stage, two, valid_from=ahead(1))
    for asked, expected in ((True, "S1"), (False, "S2")):
        listed = (await get(stage, "/v1/scores", overridden=asked)).json()["items"]
        assert [score["supplier_code"] for score in listed] == [expected]


async def test_only_a_person_overrides_and_withdraws(stage: Stage) -> None:
    supplier_id = await scored_supplier(stage)
    machine = await say(stage, supplier_id, by=None)
    assert (machine.status_code, machine.json()["type"].rpartition("/")[2]) == (403, "person-required")
    override = (await say(stage, supplier_id)).json()
    async with stage.machine("scoring") as client:
        path = f"{PATH}/{override['id']}/withdraw"
        refused = await client.post(path, json={"reason": "no"}, headers={"If-Match": "*"})
    assert refused.status_code == 403
    async with stage.person("scoring", "cho", roles=["auditor"]) as client:
        assert (await client.get(PATH)).status_code == 403


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"valid_from": ahead(-1)}, "#/valid_from"),
        ({"valid_from": ahead(400), "valid_until": ahead(401)}, "#/valid_from"),
        ({"valid_from": ahead(5), "valid_until": ahead(4)}, "#/valid_until"),
        ({"valid_until": ahead(366)}, "#/valid_until"),
        ({"reason": "  "}, "#/reason"),
        ({"risk_tier": "none"}, "#/risk_tier"),
        ({"tier": "high"}, "#/tier"),
    ],
)
async def test_what_is_wrong_with_an_override_is_named_and_nothing_is_kept(
    stage: Stage, fields: dict[str, Any], pointer: str
) -> None:
    supplier_id = await scored_supplier(stage)
    refused = await say(stage, supplier_id, **fields)
    assert refused.status_code == 422, refused.text
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    assert (await get(stage, PATH)).json()["items"] == []


async def test_of_a_supplier_that_nobody_knows_nothing_can_be_said(stage: Stage) -> None:
    refused = await say(stage, str(new_id()))
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "#/supplier_id")


def test_the_policy_says_for_how_long_a_word_may_stand() -> None:
    rules, start = Overrides(longest_tier_override_days=10), date(2026, 1, 1)
    assert faults_of_days(start, date(2026, 1, 10), start, rules) == {}
    faults = faults_of_days(start, date(2026, 1, 11), start, rules)
    assert faults == {"valid_until": "is after 2026-01-10: the policy allows 10 days at most"}


async def test_of_a_supplier_no_two_overrides_hold_on_the_same_day(stage: Stage) -> None:
    supplier_id = await scored_supplier(stage)
    first = (await say(stage, supplier_id, valid_from=ahead(10), valid_until=ahead(20))).json()
    overlapping = await say(stage, supplier_id, valid_until=ahead(10))
    assert (overlapping.status_code, overlapping.json()["type"].rpartition("/")[2]) == (409, "override-overlaps")
    assert first["id"] in overlapping.json()["detail"]
    assert (await say(stage, supplier_id, valid_from=ahead(20), valid_until=ahead(25))).status_code == 409
    assert (await say(stage, supplier_id, valid_until=ahead(9))).status_code == 201
    assert (await say(stage, supplier_id, valid_from=ahead(21), valid_until=ahead(25))).status_code == 201
    assert (await withdraw(stage, first)).status_code == 200
    assert (await say(stage, supplier_id, valid_from=ahead(12), valid_until=ahead(13))).status_code == 201


async def test_of_two_people_who_override_at_once_one_does(stage: Stage) -> None:
    supplier_id = await scored_supplier(stage)
    answers = await asyncio.gather(*(say(stage, supplier_id, by=who) for who in ("ann", "ben", "cho", "dee")))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_withdrawing_takes_the_current_version_and_a_reason_and_happens_once(stage: Stage) -> None:
    supplier_id = await scored_supplier(stage)
    said = await say(stage, supplier_id)
    override = said.json()
    async with stage.person("scoring", "ben") as client:
        path = f"{PATH}/{override['id']}/withdraw"
        assert (await client.post(path, json={"reason": "no"})).status_code == 428
        assert (await client.post(path, json={}, headers={"If-Match": said.headers["etag"]})).status_code == 422
    assert (await withdraw(stage, override, **{"If-Match": '"7"'})).status_code == 412
    answers = await asyncio.gather(*(withdraw(stage, override) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    (done,) = (answer.json() for answer in answers if answer.is_success)
    assert (done["state"], done["withdrawn_by"], done["version"]) == ("withdrawn", f"{PEOPLE}|ben", 2)
    assert done["withdrawn_reason"] == "It was another site."
    again = await withdraw(stage, done)
    assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "already-withdrawn")
    assert (await get(stage, f"/v1/scores/{supplier_id}")).json()["tier_override"] is None
    unknown = await withdraw(stage, {"id": new_id(), "version": 1})
    assert unknown.status_code == 404


async def test_one_that_has_ended_is_not_withdrawn(stage: Stage) -> None:
    override = (await say(stage, await scored_supplier(stage))).json()
    await shift(stage, override["id"], 31)
    refused = await withdraw(stage, override)
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "override-ended")
    (listed,) = (await get(stage, PATH)).json()["items"]
    assert listed["state"] == "ended"


async def test_past_days_keep_what_held_on_them_also_after_it_was_withdrawn(stage: Stage) -> None:
    supplier_id = await scored_supplier(stage)
    override = (await say(stage, supplier_id)).json()
    await shift(stage, override["id"], 10)
    known_then = datetime.now(UTC).isoformat()
    await withdraw(stage, override)
    path = f"/v1/scores/{supplier_id}"

    async def shown(**params: Any) -> bool:
        return (await get(stage, path, **params)).json()["tier_override"] is not None

    assert not await shown()
    assert not await shown(as_of=ahead(0))
    assert await shown(as_of=ahead(-1))
    assert await shown(as_of=ahead(-10))
    assert not await shown(as_of=ahead(-11))
    assert await shown(known_at=known_then)
    assert [each["id"] for each in (await get(stage, PATH, on=ahead(-1))).json()["items"]] == [override["id"]]
    assert (await get(stage, PATH, on=ahead(0))).json()["items"] == []


async def test_the_etag_of_a_score_tells_when_an_override_comes_and_goes_and_starts(stage: Stage) -> None:
    supplier_id = await scored_supplier(stage)
    seen: list[tuple[str, ...]] = []

    async def look() -> None:
        paths = (f"/v1/scores/{supplier_id}", f"/v1/scores/{supplier_id}/explanation")
        answers = [await get(stage, path) for path in paths]
        assert len({answer.json()["tier_override"] is None for answer in answers}) == 1
        seen.append(tuple(answer.headers["etag"] for answer in answers))

    await look()
    upcoming = (await say(stage, supplier_id, valid_from=ahead(1))).json()
    await look()
    assert seen[0] == seen[1], "one that has not started shows nowhere"
    await shift(stage, upcoming["id"], 1)
    await look()
    await withdraw(stage, upcoming)
    await look()
    await say(stage, supplier_id, risk_tier="low")
    await look()
    assert seen[3] == seen[0]
    assert len({seen[0], seen[2], seen[4]}) == 3
    assert all(one != other for one, other in zip(seen[0], seen[2], strict=True))


async def test_it_follows_merges_and_comes_back_with_its_supplier(stage: Stage) -> None:
    one, two = await create_supplier(stage, "S1"), await scored_supplier(stage, "S2")
    override = (await say(stage, two)).json()
    async with stage.machine("registry") as registry:
        await registry.post(f"/v1/suppliers/{two}/merge", json={"into": one})
        await stage.settle()
        assert (await get(stage, f"/v1/scores/{one}")).json()["tier_override"]["id"] == override["id"]
        assert (await get(stage, f"{PATH}/{override['id']}")).json()["scored_as"] == one
        assert [each["id"] for each in (await get(stage, PATH, supplier_id=one)).json()["items"]] == [override["id"]]
        merged, overlapping = await say(stage, two), await say(stage, one)
        assert [(each.status_code, each.json()["type"].rpartition("/")[2]) for each in (merged, overlapping)] == [
            (409, "supplier-merged"),
            (409, "override-overlaps"),
        ]
        await registry.post(f"/v1/suppliers/{two}/unmerge")
        await stage.settle()
    assert (await get(stage, f"/v1/scores/{one}")).json()["tier_override"] is None
    assert (await get(stage, f"/v1/scores/{two}")).json()["tier_override"]["id"] == override["id"]


async def test_where_a_merge_brings_several_together_the_survivors_own_counts_then_the_strictest(stage: Stage) -> None:
    codes = {code: await create_supplier(stage, code) for code in ("S1", "S2", "S3")}
    await stage.settle()
    own = (await say(stage, codes["S1"], risk_tier="low")).json()
    strict = (await say(stage, codes["S2"], risk_tier="high")).json()
    await say(stage, codes["S3"], risk_tier="medium")
    async with stage.machine("registry") as registry:
        for code in ("S2", "S3"):
            await registry.post(f"/v1/suppliers/{codes[code]}/merge", json={"into": codes["S1"]})
    await stage.settle()
    path = f"/v1/scores/{codes['S1']}"
    assert (await get(stage, path)).json()["tier_override"]["id"] == own["id"]
    await withdraw(stage, own)
    assert (await get(stage, path)).json()["tier_override"]["id"] == strict["id"]


async def test_a_suppliers_own_client_sees_the_tier_and_not_the_reason(stage: Stage) -> None:
    supplier_id = await scored_supplier(stage)
    override = (await say(stage, supplier_id)).json()
    async with stage.machine("scoring", "scoring:read", supplier_id=supplier_id) as client:
        for path in (f"/v1/scores/{supplier_id}", f"/v1/scores/{supplier_id}/explanation"):
            shown = (await client.get(path)).json()["tier_override"]
            assert (shown["risk_tier"], shown["reason"]) == ("high", None)
        assert (await client.get("/v1/scores")).json()["items"][0]["tier_override"]["reason"] is None
        for hidden in (PATH, f"{PATH}/{override['id']}"):
            assert (await client.get(hidden)).status_code == 404


async def test_the_feed_tells_of_it_without_the_reasons_which_the_audit_log_keeps(stage: Stage) -> None:
    override = (await say(stage, await scored_supplier(stage))).json()
    await withdraw(stage, override)
    async with stage.machine("scoring") as client:
        events = (await client.get("/v1/feed")).json()["events"]
        entries = (await client.get("/v1/audit-log", params={"resource_id": override["id"]})).json()["items"]
    told = [event for event in events if event["type"].startswith("tier_override.")]
    assert [event["type"] for event in told] == ["tier_override.created", "tier_override.withdrawn"]
    assert told[1]["data"]["withdrawn_at"] is not None
    for event in told:
        assert not {"reason", "withdrawn_reason", "created_by"} & event["data"].keys()
    assert [entry["changes"].get("reason") for entry in entries] == [[None, REASON], None]
    assert entries[1]["changes"]["withdrawn_reason"] == [None, "It was another site."]


async def test_overrides_are_listed_page_by_page_and_by_tier_and_code(stage: Stage) -> None:
    ids = [await create_supplier(stage, f"S{n}") for n in range(3)]
    await stage.settle()
    for n, supplier_id in enumerate(ids):
        await say(stage, supplier_id, risk_tier="low" if n == 1 else "high")
    first = (await get(stage, PATH, limit=2)).json()
    rest = (await get(stage, PATH, limit=2, cursor=first["next_cursor"])).json()
    assert [each["supplier_code"] for each in first["items"] + rest["items"]] == ["S2", "S1", "S0"]
    assert [each["supplier_code"] for each in (await get(stage, PATH, risk_tier="low")).json()["items"]] == ["S1"]
    assert [each["supplier_code"] for each in (await get(stage, PATH, supplier_code="S2")).json()["items"]] == ["S2"]
    assert rest["next_cursor"] is None


async def test_a_page_of_scores_asks_for_overrides_once(stage: Stage, logged_statements: list[str]) -> None:
    for n in range(5):
        await create_supplier(stage, f"S{n}")
    await stage.settle()
    logged_statements.clear()
    await get(stage, "/v1/scores", risk_tier="high")  # not the short way, which asks in the statement of the scores
    assert sum("tier_override" in statement for statement in logged_statements) == 1
