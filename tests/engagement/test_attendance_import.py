"""Files of attendances."""

import pytest
from sqlalchemy import event

from tests.engagement.programme import COLUMNS, create_event, create_supplier, told
from tests.stage import Stage

FORUM = "FRM-1,forum,Human Rights Forum,2026-04-16T13:30:00+08:00,2026-04-16T17:00:00+08:00"
TRAINING = "TRN-1,training,Corrective action,2026-03-26T01:30:00Z,2026-03-26T03:30:00Z"


def file_of(*lines: str) -> str:
    return "\n".join([COLUMNS, *lines]) + "\n"


async def import_lines(stage: Stage, *lines: str) -> list[tuple[int, str]]:
    """Import lines; the (line, column) of each refusal."""
    run = await stage.import_file("engagement", "attendances", file_of(*lines))
    return [(error["line"], error["column"]) for error in run["errors"]]


async def event_of(stage: Stage, ref: str = "FRM-1") -> dict[str, object]:
    async with stage.machine("engagement") as client:
        (event,) = (await client.get("/v1/events", params={"event_ref": ref})).json()["items"]
        found: dict[str, object] = event
        return found


async def attendances_of(stage: Stage, ref: str = "FRM-1") -> list[dict[str, object]]:
    async with stage.machine("engagement") as client:
        url = f"/v1/events/{(await event_of(stage, ref))['id']}/attendances"
        found: list[dict[str, object]] = (await client.get(url)).json()["items"]
        return found


async def test_a_file_makes_events_and_attendances(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    await create_supplier(stage, "S2")
    lines = [
        f"{FORUM},S1,p-1,,,,5",
        f"{FORUM},S1,p-2,,2026-04-16T14:00:00+08:00,,",
        f"{FORUM},S2,,20,,,",
        f"{TRAINING},S1,p-1,,,,4",
    ]
    run = await stage.import_file("engagement", "attendances", file_of(*lines))
    assert (run["status"], run["total"], run["succeeded"]) == ("succeeded", 4, 4)
    event = await event_of(stage)
    assert (event["starts_at"], event["person_times"], event["version"]) == ("2026-04-16T05:30:00Z", 22, 1)
    assert [(a["supplier_code"], a["person_ref"], a["persons"], a["rating"]) for a in await attendances_of(stage)] == [
        ("S1", "p-1", 1, 5),
        ("S1", "p-2", 1, None),
        ("S2", None, 20, None),
    ]
    async with stage.machine("engagement") as client:
        assert len(await told(client, "participation")) == 3


async def test_the_same_file_twice_changes_nothing(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    data = file_of(f"{FORUM},S1,p-1,,,,5", f"{FORUM},S1,p-2,,,,5")
    await stage.import_file("engagement", "attendances", data)
    async with stage.machine("engagement") as client:
        before = (await client.get("/v1/feed")).json()["head"]
        again = await stage.import_file("engagement", "attendances", data)
        after = (await client.get("/v1/feed")).json()["head"]
    assert (again["succeeded"], again["unchanged"], after) == (2, 2, before)


async def test_bad_lines_are_named_with_their_column_and_the_good_ones_kept(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    refused = await import_lines(
        stage,
        f"{FORUM},S9,p-1,,,,5",
        f"{FORUM},S1,p-2,,,,6",
        f"{FORUM.replace('+08:00', '', 1)},S1,p-3,,,,",
        f"{FORUM.replace('forum', 'party')},S1,p-4,,,,",
        f"{FORUM},S1,p-5,,,,5",
        f"{FORUM.replace('Human', 'Inhuman')},S1,p-6,,,,",
        f"{FORUM.replace('17:00', '18:00')},S1,p-7,,,,",
        f"{FORUM},S1,p-8,,2026-04-20T14:00:00+08:00,,",
        f"{FORUM},S1,p-9,3,,,",
        "TRN-2,training,Backwards,2026-03-26T03:30:00Z,2026-03-26T01:30:00Z,S1,p-1,,,,",
        "TRN-3,training,To come,2199-03-26T03:30:00Z,2199-03-26T04:30:00Z,S1,p-1,,,,",
        ",training,Nameless,2026-03-26T03:30:00Z,2026-03-26T04:30:00Z,S1,p-1,,,,",
    )
    assert refused == [
        (2, "supplier_code"),
        (3, "rating"),
        (4, "starts_at"),
        (5, "kind"),
        (7, "title"),
        (8, "ends_at"),
        (9, "joined_at"),
        (10, "persons"),
        (11, "ends_at"),
        (12, "starts_at"),
        (13, "event_ref"),
    ]
    assert [a["person_ref"] for a in await attendances_of(stage)] == ["p-5"]
    assert (await event_of(stage))["person_times"] == 1


async def test_of_a_changed_line_only_the_differing_columns_apply(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    await import_lines(stage, f"{FORUM},S1,p-1,,,,5")
    (attendance,) = await attendances_of(stage)
    async with stage.machine("engagement") as client:
        url = f"/v1/events/{attendance['event_id']}/attendances/{attendance['id']}"
        await client.patch(url, json={"rating": 2}, headers={"If-Match": '"1"'})
    assert await import_lines(stage, f"{FORUM},S1,p-1,,2026-04-16T14:00:00+08:00,,5") == []
    (attendance,) = await attendances_of(stage)
    assert (attendance["rating"], attendance["joined_at"], attendance["version"]) == (2, "2026-04-16T06:00:00Z", 3)
    # A cell that has become blank takes its value away.
    assert await import_lines(stage, f"{FORUM},S1,p-1,,,,") == []
    (attendance,) = await attendances_of(stage)
    assert (attendance["rating"], attendance["joined_at"]) == (None, None)


async def test_the_number_of_persons_cannot_be_cleared(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    await import_lines(stage, f"{FORUM},S1,,20,,,")
    assert await import_lines(stage, f"{FORUM},S1,,,,,") == [(2, "persons")]
    assert [a["persons"] for a in await attendances_of(stage)] == [20]


async def test_changed_lines_move_the_event_and_new_ones_agree_with_it_whatever_the_order(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    await import_lines(stage, f"{FORUM},S1,p-1,,,,5", f"{FORUM},S1,p-2,,,,5")
    moved = FORUM.replace("04-16", "04-17").replace("Human Rights Forum", "Forum")
    refused = await import_lines(stage, f"{moved},S1,p-3,,,,5", f"{moved},S1,p-1,,,,5", f"{moved},S1,p-2,,,,5")
    assert refused == []
    event = await event_of(stage)
    assert (event["title"], event["starts_at"], event["person_times"]) == ("Forum", "2026-04-17T05:30:00Z", 3)
    async with stage.machine("engagement") as client:
        participations = await told(client, "participation")
        events = await told(client, "event")
    assert [one["data"]["on"] for one in participations] == ["2026-04-16", "2026-04-17"]
    assert [one["type"] for one in events] == ["event.created", "event.updated"]


async def test_a_line_of_an_event_that_is_known_otherwise_is_refused(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        assert await import_lines(stage, f"{FORUM},S1,p-1,,,,", f"{FORUM.replace('13:30', '13:00')},S1,p-2,,,,") == [
            (3, "starts_at")
        ]
        await client.post(f"/v1/events/{event['id']}/withdraw", json={"reason": "-"}, headers={"If-Match": '"2"'})
    assert await import_lines(stage, f"{FORUM},S1,p-3,,,,", f"{FORUM},S1,p-1,,,,4") == [
        (2, "event_ref"),
        (3, "event_ref"),
    ]


async def test_a_changed_line_does_not_bring_a_withdrawn_attendance_back(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    await import_lines(stage, f"{FORUM},S1,p-1,,,,5")
    (attendance,) = await attendances_of(stage)
    async with stage.machine("engagement") as client:
        url = f"/v1/events/{attendance['event_id']}/attendances/{attendance['id']}/withdraw"
        await client.post(url, json={"reason": "-"}, headers={"If-Match": '"1"'})
    assert await import_lines(stage, f"{FORUM},S1,p-1,,,,5") == []
    assert await import_lines(stage, f"{FORUM},S1,p-1,,,,4") == [(2, "")]
    assert (await event_of(stage))["person_times"] == 0


async def test_a_dry_run_keeps_nothing(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    data = file_of(f"{FORUM},S1,p-1,,,,5", f"{FORUM},S9,p-1,,,,5")
    run = await stage.import_file("engagement", "attendances", data, dry_run=True)
    assert (run["status"], run["succeeded"], run["failed"]) == ("partially_succeeded", 1, 1)
    async with stage.machine("engagement") as client:
        assert (await client.get("/v1/events")).json()["items"] == []


async def test_a_key_that_comes_twice_is_applied_in_the_order_of_the_file(stage: Stage) -> None:
    await create_supplier(stage, "S1")
    assert await import_lines(stage, f"{FORUM},S1,p-1,,,,1", f"{FORUM},S1,p-1,,,,5") == []
    assert [a["rating"] for a in await attendances_of(stage)] == [5]


@pytest.mark.parametrize("more", [10, 1000])
async def test_the_number_of_statements_does_not_grow_with_the_lines(stage: Stage, more: int) -> None:
    await create_supplier(stage, "S1")
    statements: list[str] = []
    engine = stage.resources("engagement").database.engine.sync_engine

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    lines = [f"{TRAINING.replace('TRN-1', f'TRN-{n % 7}')},S1,p-{n},,,,{n % 5 + 1}" for n in range(more)]
    await import_lines(stage, *lines)
    event.listen(engine, "before_cursor_execute", note)
    try:
        changed = [line[:-1] + "3" for line in lines]
        assert await import_lines(stage, *changed) == []
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len([one for one in statements if "attendance" in one or " event" in one]) < 25
