"""Deciding on order allocations over HTTP, and what the ERP pulls."""

import asyncio
from typing import Any

import pytest

from services.scoring.schemas.allocations import Override
from services.scoring.service.allocation import decisions
from shared.auth.principal import Principal
from shared.web.etags import Expected
from tests.scoring.business.quarter_end import BEN, CHO, Q, QuarterEnd

BEN_HIMSELF = Principal(BEN, None, frozenset({"admin"}), person=True)


async def two_suppliers(quarter_end: QuarterEnd, *commodities: str, quarters: tuple[str, ...] = (Q,)) -> None:
    """A published review, sourcing of these commodities, and a proposal for each."""
    await quarter_end.rate(S1=88, S2=74)
    for quarter in quarters:
        for code, total in (("S1", 88), ("S2", 74)):
            await quarter_end.perform(code, quarter, quality=total, cost=total, delivery=total, service=total)
        for commodity in commodities:
            await quarter_end.source(commodity, {"S1": 0.6, "S2": 0.4}, quarter)
        await quarter_end.publish(quarter)
        assert (await quarter_end.allocate(quarter))["status"] == "succeeded"


def other(reason: str = "second source") -> dict[str, Any]:
    """Less than a tenth of the orders away from what is recommended, which one person may decide."""
    shares = [{"supplier_code": "S1", "share": 0.6}, {"supplier_code": "S2", "share": 0.4}]
    return {"reason": reason, "lines": shares}


def even(reason: str = "second source") -> dict[str, Any]:
    """So far away that two have to."""
    shares = [{"supplier_code": code, "share": 0.5} for code in ("S1", "S2")]
    return {"reason": reason, "lines": shares}


async def until_somebody_waits_for_the_quarter(quarter_end: QuarterEnd) -> None:
    query = "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event = 'advisory' AND usename = 'scoring'"
    while True:
        if (await quarter_end.stage.psql("scoring", query))[0]["n"]:
            return
        await asyncio.sleep(0.01)


async def test_an_allocation_is_approved_by_a_second_person_on_its_current_version(quarter_end: QuarterEnd) -> None:
    await two_suppliers(quarter_end, "PCB")
    allocation = await quarter_end.proposed("PCB")
    path = f"/v1/allocations/{allocation['id']}/approve"
    assert (await quarter_end.post(path, by="ben")).status_code == 428
    assert (await quarter_end.post(path, by="ben", version=9)).status_code == 412
    assert (await quarter_end.post(path, version=1)).status_code == 403
    assert (await quarter_end.post(path, by="ann", version=1)).status_code == 409
    approved = await quarter_end.post(path, by="ben", version=1)
    assert approved.status_code == 200, approved.text
    assert (approved.json()["status"], approved.json()["decided_by"]) == ("approved", BEN)
    assert [line["share"] for line in approved.json()["lines"]] == [
        line["recommended_share"] for line in allocation["lines"]
    ]
    assert (await quarter_end.post(path, by="cho", version="*")).status_code == 409


async def test_an_override_needs_a_reason_and_shares_that_sum_to_exactly_one(quarter_end: QuarterEnd) -> None:
    await two_suppliers(quarter_end, "PCB")
    allocation = await quarter_end.proposed("PCB")
    path = f"/v1/allocations/{allocation['id']}/override"
    short = {
        "reason": "x",
        "lines": [{"supplier_code": "S1", "share": 0.5}, {"supplier_code": "S2", "share": 0.499999}],
    }
    stranger = {"reason": "x", "lines": [{"supplier_code": "S9", "share": 1}]}
    for body, pointer in (
        (short, "#/lines"),
        (stranger, "#/lines/0/supplier_code"),
        ({**other(), "reason": ""}, "#/reason"),
    ):
        refused = await quarter_end.post(path, body, by="ben", version=1)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await quarter_end.post(path, other(), by="ann", version=1)).status_code == 409
    overridden = await quarter_end.post(path, other(), by="ben", version=1)
    assert overridden.status_code == 200, overridden.text
    body = overridden.json()
    assert (body["status"], body["reason"]) == ("overridden", "second source")
    assert [line["share"] for line in body["lines"]] == [0.6, 0.4]
    assert [line["recommended_share"] for line in body["lines"]] != [0.6, 0.4]
    pulled = await quarter_end.get("/v1/allocations", status="approved")
    assert [item["id"] for item in pulled["items"]] == [allocation["id"]]


async def test_an_infeasible_allocation_cannot_be_approved_but_overridden(quarter_end: QuarterEnd) -> None:
    await quarter_end.rate(S1=88, S2=74)
    small = {"baseline_share": 0.5, "capacity_share": 0.4}
    await quarter_end.source("PCB", {"S1": small, "S2": small})
    await quarter_end.publish()
    assert (await quarter_end.allocate())["infeasible"] == 1
    allocation = await quarter_end.proposed("PCB")
    assert (allocation["infeasible"], allocation["unallocated_share"]) == (True, 0.2)
    assert [line["recommended_share"] for line in allocation["lines"]] == [None, None]
    path = f"/v1/allocations/{allocation['id']}"
    assert (await quarter_end.post(f"{path}/approve", by="ben", version=1)).status_code == 409
    assert (await quarter_end.post(f"{path}/override", even(), by="ben", version=1)).json()["status"] == "overridden"


@pytest.mark.parametrize("steps", [("approve", "approve"), ("approve", "override")])
async def test_of_two_people_who_decide_at_once_one_does(quarter_end: QuarterEnd, steps: tuple[str, str]) -> None:
    await two_suppliers(quarter_end, "PCB")
    path = f"/v1/allocations/{(await quarter_end.proposed('PCB'))['id']}"
    answers = await asyncio.gather(
        *(
            quarter_end.post(f"{path}/{step}", other() if step == "override" else None, by=who, version=1)
            for step, who in zip(steps, ("ben", "cho"), strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_a_later_proposal_replaces_the_undecided_one_and_its_approval_the_approved_one(
    quarter_end: QuarterEnd,
) -> None:
    await two_suppliers(quarter_end, "PCB")
    first = await quarter_end.proposed("PCB")
    await quarter_end.allocate()
    second = await quarter_end.proposed("PCB")
    assert (await quarter_end.get(f"/v1/allocations/{first['id']}"))["status"] == "superseded"
    await quarter_end.post(f"/v1/allocations/{second['id']}/approve", by="ben", version=1)
    await quarter_end.allocate()
    third = await quarter_end.proposed("PCB")
    assert (await quarter_end.get(f"/v1/allocations/{second['id']}"))["status"] == "approved"
    overridden = await quarter_end.post(f"/v1/allocations/{third['id']}/override", other(), by="ben", version=1)
    assert overridden.json()["supersedes"] == second["id"]
    assert (await quarter_end.get(f"/v1/allocations/{second['id']}"))["status"] == "superseded"
    live = await quarter_end.get("/v1/allocations", quarter=Q, commodity="PCB", status="approved")
    assert [item["id"] for item in live["items"]] == [third["id"]]


async def test_a_proposal_made_while_an_older_one_is_being_approved_waits_and_leaves_the_approval(
    quarter_end: QuarterEnd,
) -> None:
    await two_suppliers(quarter_end, "PCB")
    first = await quarter_end.proposed("PCB")
    database = quarter_end.stage.resources("scoring").database
    async with database.sessions() as approving:
        await decisions.approve_allocation(approving, BEN_HIMSELF, first["id"], Expected(frozenset({1})))
        proposing = asyncio.create_task(quarter_end.allocate())
        await until_somebody_waits_for_the_quarter(quarter_end)
        await approving.commit()
        await proposing
    assert (await quarter_end.get(f"/v1/allocations/{first['id']}"))["status"] == "approved"
    assert (await quarter_end.proposed("PCB"))["id"] != first["id"]


async def test_an_approval_that_is_committed_late_is_never_skipped_by_after(quarter_end: QuarterEnd) -> None:
    await two_suppliers(quarter_end, "PCB", quarters=("2026Q2", Q))
    late = await quarter_end.proposed("PCB", "2026Q2")
    quick = await quarter_end.proposed("PCB", Q)
    start = (await quarter_end.get("/v1/allocations"))["next_after"]
    async with quarter_end.stage.resources("scoring").database.sessions() as slow:
        override = Override.model_validate(other())
        await decisions.override_allocation(slow, BEN_HIMSELF, late["id"], Expected(frozenset({1})), override)
        await quarter_end.post(f"/v1/allocations/{quick['id']}/approve", by="cho", version=1)
        seen = await quarter_end.get("/v1/allocations", status="approved", after=start)
        await slow.commit()
    then = await quarter_end.get("/v1/allocations", status="approved", after=seen["next_after"])
    nothing = await quarter_end.get("/v1/allocations", status="approved", after=then["next_after"])
    assert [item["id"] for item in seen["items"]] == [quick["id"]]
    assert [item["id"] for item in then["items"]] == [late["id"]]
    assert nothing["items"] == []


async def test_pulling_in_pages_brings_every_change_once(quarter_end: QuarterEnd) -> None:
    await two_suppliers(quarter_end, "A", "B", "C")
    for commodity in "CAB":
        proposal = await quarter_end.proposed(commodity)
        await quarter_end.post(f"/v1/allocations/{proposal['id']}/approve", by="ben", version=1)
    pulled, after = [], 0
    for _ in range(4):
        page = await quarter_end.get("/v1/allocations", status="approved", after=after, limit=2)
        pulled += [item["commodity"] for item in page["items"]]
        after = page["next_after"]
    assert pulled == ["C", "A", "B"]
    async with quarter_end.stage.machine("scoring") as client:
        params: dict[str, Any] = {"status": "approved", "after": after}
        etag = (await client.get("/v1/allocations", params=params)).headers["etag"]
        unchanged = await client.get("/v1/allocations", params=params, headers={"If-None-Match": etag})
        beyond = await client.get("/v1/allocations", params={"after": after + 1000})
    assert (unchanged.status_code, beyond.status_code) == (304, 410)


async def test_realised_shares_are_shown_beside_and_move_nothing_in_the_order_of_changes(
    quarter_end: QuarterEnd,
) -> None:
    await two_suppliers(quarter_end, "PCB")
    proposal = await quarter_end.proposed("PCB")
    path = f"/v1/allocations/{proposal['id']}"
    realised = {"lines": [{"supplier_code": "S1", "share": 0.55}]}
    assert (await quarter_end.post(f"{path}/realised", realised)).status_code == 409
    await quarter_end.post(f"{path}/approve", by="ben", version=1)
    after = (await quarter_end.get("/v1/allocations"))["next_after"]
    reported = await quarter_end.post(f"{path}/realised", realised)
    assert [line["realised_share"] for line in reported.json()["lines"]] == [0.55, None]
    assert reported.headers["etag"] == '"2-1"'
    assert (await quarter_end.get("/v1/allocations", after=after))["items"] == []


async def test_every_change_of_status_is_an_event_with_the_full_state(quarter_end: QuarterEnd) -> None:
    await two_suppliers(quarter_end, "PCB")
    first = await quarter_end.proposed("PCB")
    await quarter_end.post(f"/v1/allocations/{first['id']}/approve", by="ben", version=1)
    await quarter_end.allocate()
    second = await quarter_end.proposed("PCB")
    await quarter_end.post(f"/v1/allocations/{second['id']}/override", other(), by="ben", version=1)
    async with quarter_end.stage.machine("scoring") as client:
        events = (await client.get("/v1/feed", params={"limit": 200})).json()["events"]
    told = [event for event in events if event["type"].startswith("allocation.")]
    assert [event["type"].partition(".")[2] for event in told] == [
        "proposed", "approved", "proposed", "superseded", "overridden"
    ]  # fmt: skip
    assert [line["overridden_share"] for line in told[-1]["data"]["lines"]] == [0.6, 0.4]
    assert told[-1]["data"]["supersedes"] == first["id"]


async def pending(quarter_end: QuarterEnd) -> str:
    """The path of an allocation that ann asked for and ben wants to share out otherwise."""
    await two_suppliers(quarter_end, "PCB")
    path = f"/v1/allocations/{(await quarter_end.proposed('PCB'))['id']}"
    wanted = await quarter_end.post(f"{path}/override", even(), by="ben", version=1)
    assert wanted.status_code == 200, wanted.text
    body = wanted.json()
    assert (body["status"], body["overridden_by"], body["decided_by"]) == ("override_pending", BEN, None)
    assert [line["overridden_share"] for line in body["lines"]] == [0.5, 0.5]
    return path


async def test_an_override_that_moves_much_is_confirmed_by_a_third_person_and_kept_from_the_erp_until_then(
    quarter_end: QuarterEnd,
) -> None:
    path = await pending(quarter_end)
    assert (await quarter_end.get("/v1/allocations", status="approved"))["items"] == []
    waiting = await quarter_end.get("/v1/allocations", status="override_pending")
    assert [item["commodity"] for item in waiting["items"]] == ["PCB"]
    confirm = f"{path}/confirm-override"
    assert (await quarter_end.post(confirm, by="cho")).status_code == 428
    assert (await quarter_end.post(confirm, by="cho", version=1)).status_code == 412
    assert (await quarter_end.post(confirm, version=2)).status_code == 403
    for who in ("ann", "ben"):
        refused = await quarter_end.post(confirm, by=who, version=2)
        assert (refused.status_code, refused.json()["type"].rsplit("/")[-1]) == (409, "second-person-required")
    confirmed = (await quarter_end.post(confirm, by="cho", version=2)).json()
    assert (confirmed["status"], confirmed["overridden_by"]) == ("overridden", BEN)
    assert (confirmed["decided_by"], confirmed["reason"]) == (CHO, "second source")
    pulled = await quarter_end.get("/v1/allocations", status="approved")
    assert [[line["share"] for line in item["lines"]] for item in pulled["items"]] == [[0.5, 0.5]]
    assert (await quarter_end.post(confirm, by="cho", version=3)).status_code == 409


@pytest.mark.parametrize("who", ["cho", "ben"])
async def test_a_rejected_override_leaves_what_was_recommended_to_be_decided_on(
    quarter_end: QuarterEnd, who: str
) -> None:
    path = await pending(quarter_end)
    assert (await quarter_end.post(f"{path}/approve", by="cho", version=2)).status_code == 409
    assert (await quarter_end.post(f"{path}/override", other(), by="cho", version=2)).status_code == 409
    assert (await quarter_end.post(f"{path}/reject-override", {"reason": ""}, by=who, version=2)).status_code == 422
    why = {"reason": "the second source is not ready"}
    assert (await quarter_end.post(f"{path}/reject-override", why, by="ann", version=2)).status_code == 409
    rejected = (await quarter_end.post(f"{path}/reject-override", why, by=who, version=2)).json()
    assert (rejected["status"], rejected["reason"], rejected["overridden_by"]) == ("proposed", None, None)
    assert [line["share"] for line in rejected["lines"]] == [line["recommended_share"] for line in rejected["lines"]]
    async with quarter_end.stage.machine("scoring") as client:
        log = (await client.get("/v1/audit-log", params={"resource_id": rejected["id"]})).json()["items"]
    assert log[-1]["changes"]["rejection_reason"] == [None, why["reason"]]
    approved = await quarter_end.post(f"{path}/approve", by="cho", version=3)
    assert approved.json()["status"] == "approved"


async def test_an_override_that_waits_gives_way_to_a_newer_proposal(quarter_end: QuarterEnd) -> None:
    path = await pending(quarter_end)
    await quarter_end.allocate()
    assert (await quarter_end.get(path))["status"] == "superseded"
    assert (await quarter_end.post(f"{path}/confirm-override", by="cho", version=3)).status_code == 409
    assert (await quarter_end.proposed("PCB"))["version"] == 1


@pytest.mark.parametrize("second", ["confirm-override", "reject-override"])
async def test_of_two_people_who_answer_an_override_at_once_one_does(quarter_end: QuarterEnd, second: str) -> None:
    path = await pending(quarter_end)
    answers = await asyncio.gather(
        quarter_end.post(f"{path}/confirm-override", by="cho", version=2),
        quarter_end.post(f"{path}/{second}", {"reason": "no"}, by="dan", version=2),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_how_much_one_person_may_move_is_the_policys(quarter_end: QuarterEnd) -> None:
    await two_suppliers(quarter_end, "PCB")
    await quarter_end.stage.psql(
        "scoring",
        """INSERT INTO policy (version, name, status, valid_from, created_by, document)
           SELECT 7705, 'strict', 'published', CURRENT_DATE, 'ann',
               jsonb_set(document || '{"version": 7705}', '{overrides}',
                   '{"longest_tier_override_days": 366, "second_person_above_shift": 0.03}')
           FROM policy WHERE version = 1""",
    )
    path = f"/v1/allocations/{(await quarter_end.proposed('PCB'))['id']}/override"
    assert (await quarter_end.post(path, other(), by="ben", version=1)).json()["status"] == "override_pending"


async def test_an_override_that_waits_is_told_and_its_end_too(quarter_end: QuarterEnd) -> None:
    path = await pending(quarter_end)
    await quarter_end.post(f"{path}/reject-override", {"reason": "no"}, by="cho", version=2)
    await quarter_end.post(f"{path}/override", even(), by="ben", version=3)
    await quarter_end.post(f"{path}/confirm-override", by="cho", version=4)
    async with quarter_end.stage.machine("scoring") as client:
        events = (await client.get("/v1/feed", params={"limit": 200})).json()["events"]
    told = [event for event in events if event["type"].startswith("allocation.")]
    assert [event["type"].partition(".")[2] for event in told] == [
        "proposed", "override_requested", "override_rejected", "override_requested", "overridden"
    ]  # fmt: skip
    assert [event["data"]["status"] for event in told][1:3] == ["override_pending", "proposed"]
    assert not any(who in str(told) for who in ("ann", "ben", "cho"))
