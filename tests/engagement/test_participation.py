"""What the feed tells of who takes part in events."""

from typing import Any

from tests.engagement.programme import attend, create_event, create_supplier, told
from tests.stage import Stage


async def test_a_supplier_is_told_of_once_however_many_came(stage: Stage) -> None:
    one, two = await create_supplier(stage, "S1"), await create_supplier(stage, "S2")
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        for person in ("p-1", "p-2"):
            await attend(client, event["id"], supplier_code="S1", person_ref=person)
        await attend(client, event["id"], supplier_code="S2", persons=20)
        events = await told(client, "participation")
    assert [event["type"] for event in events] == ["participation.recorded"] * 2
    assert [event["data"]["supplier_id"] for event in events] == [one, two]
    assert events[0]["data"] == {
        "supplier_id": one,
        "subject_id": event["id"],
        "kind": "forum",
        "on": "2026-04-16",
        "counts": True,
        "version": 1,
    }


async def test_the_day_is_the_utc_day_on_which_the_event_starts(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    times = {"starts_at": "2026-09-10T00:30:00+08:00", "ends_at": "2026-09-10T09:30:00+08:00"}
    async with stage.machine("engagement") as client:
        event = await create_event(client, **times)
        await attend(client, event["id"], supplier_code="S1")
        events = await told(client, "participation")
    assert events[0]["data"]["on"] == "2026-09-09"


async def test_it_is_told_again_when_the_event_moves_or_becomes_another_kind_and_not_otherwise(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    moved = {"starts_at": "2026-04-17T13:30:00+08:00", "ends_at": "2026-04-17T17:00:00+08:00"}
    changes: list[dict[str, Any]] = [
        {"title": "New"},
        {"starts_at": "2026-04-16T14:00:00+08:00"},
        moved,
        {"kind": "training"},
    ]
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        await attend(client, event["id"], supplier_code="S1")
        counts = []
        for n, change in enumerate(changes, start=2):
            answer = await client.patch(f"/v1/events/{event['id']}", json=change, headers={"If-Match": f'"{n}"'})
            assert answer.status_code == 200, answer.text
            counts.append(len(await told(client, "participation")))
        events = await told(client, "participation")
    assert counts == [1, 1, 2, 3]
    assert [(one["data"]["on"], one["data"]["kind"]) for one in events[1:]] == [
        ("2026-04-17", "forum"),
        ("2026-04-17", "training"),
    ]
    assert len({one["subject"] for one in events}) == 1


async def test_it_counts_no_longer_once_the_event_is_withdrawn(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    await create_supplier(stage, "S2")
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        for code in ("S1", "S2"):
            await attend(client, event["id"], supplier_code=code)
        await client.post(f"/v1/events/{event['id']}/withdraw", json={"reason": "-"}, headers={"If-Match": '"3"'})
        events = await told(client, "participation")
    assert [(one["type"], one["data"]["counts"]) for one in events[2:]] == [("participation.withdrawn", False)] * 2


async def test_it_counts_as_long_as_somebody_of_the_supplier_is_left(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        url = f"/v1/events/{event['id']}/attendances"
        people = [await attend(client, event["id"], supplier_code="S1", person_ref=ref) for ref in ("p-1", "p-2")]
        seen = []
        for person in people:
            await client.post(f"{url}/{person['id']}/withdraw", json={"reason": "-"}, headers={"If-Match": '"1"'})
            seen.append([one["data"]["counts"] for one in await told(client, "participation")])
        await attend(client, event["id"], supplier_code="S1", person_ref="p-1")
        seen.append([one["data"]["counts"] for one in await told(client, "participation")])
    assert seen == [[True], [True, False], [True, False, True]]
