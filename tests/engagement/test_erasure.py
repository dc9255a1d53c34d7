"""Erasing people: what counted them stays, and nothing leads to them."""

import asyncio
from typing import Any
from uuid import UUID

from services.engagement.service import erasure
from shared.ids import new_id
from tests.engagement.known_people import add_contact, add_supplier, erase_contact, invite, pull, ref_of
from tests.engagement.programme import attend, create_event, told
from tests.engagement.test_attendance_reports import REPORT, create_suppliers, post
from tests.engagement.test_courses import create_course
from tests.engagement.test_xapi import send, statement
from tests.stage import Stage

MAIL = "mei@acme.example"
PERIOD = {"from": "2026-01-01", "to": "2026-12-31"}


async def deliver(stage: Stage, supplier_id: str, contact_id: str, ref: str, status: str = "sent") -> None:
    """A newsletter's mail to somebody."""
    await stage.psql(
        "engagement",
        "INSERT INTO delivery (id, kind, subject_id, supplier_id, contact_id, person_ref, language, status, detail)"
        " VALUES ($1, 'newsletter', $2, $3, $4, $5, 'en', $6, 'no mailbox mei@acme.example')",
        *(new_id(), new_id(), UUID(supplier_id), UUID(contact_id), ref, status),
    )


async def live(stage: Stage) -> tuple[str, dict[str, str], str]:
    """Somebody who was invited, attended, completed a course and got mails; ref, ids of suppliers, contact's id."""
    ids = await create_suppliers(stage)
    contact_id, ref = await add_contact(stage, ids["S1"], MAIL), ref_of(stage, MAIL)
    await pull(stage)
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        assert (await post(client, event)).status_code == 201
        second = await create_event(client, event_ref="FRM-2")
        await attend(client, second["id"], supplier_code="S1", person_ref=ref)
        await create_course(client)
        assert (await send(client, statement(actor={"mbox": f"mailto:{MAIL}"}))).status_code == 200
        await client.put(f"/v1/people/{ref}/consent", json={"invitations": True, "newsletters": None})
    await invite(stage, event["id"], ids["S1"], contact_id, ref)
    for status in ("sent", "queued"):
        await deliver(stage, ids["S1"], contact_id, ref, status)
    return ref, ids, contact_id


async def everything(stage: Stage) -> str:
    """All that the service holds, but for the kept answers to POSTs."""
    tables = await stage.psql(
        "engagement", "SELECT tablename FROM pg_tables WHERE schemaname = 'engagement' AND tablename <> 'task'"
    )
    found = [await stage.psql("engagement", f"SELECT * FROM {row['tablename']}") for row in tables]
    return str([[dict(row) for row in rows] for rows in found])


async def refs(stage: Stage) -> list[str]:
    rows = await stage.psql(
        "engagement",
        "SELECT person_ref FROM attendance WHERE supplier_id IS NOT NULL UNION SELECT person_ref FROM course_completion"
        " UNION SELECT person_ref FROM invitation UNION SELECT person_ref FROM delivery",
    )
    return sorted(str(row["person_ref"]) for row in rows)


async def test_an_erased_person_is_found_nowhere_and_every_count_stays(stage: Stage) -> None:
    ref, _, contact_id = await live(stage)
    async with stage.machine("engagement") as client:
        before = (await client.get("/v1/summary", params=PERIOD)).json()
        parts, head = await told(client, "participation"), len(await refs(stage))
        answer = await client.delete(f"/v1/people/{ref}")
        again = await client.delete(f"/v1/people/{ref}")
        assert (answer.status_code, answer.content, again.status_code) == (204, b"", 204)
        assert (await client.get(f"/v1/people/{ref}")).status_code == 404
        assert (await client.get("/v1/summary", params=PERIOD)).json() == before
        assert await told(client, "participation") == parts
    held = await everything(stage)
    assert ref not in held
    assert contact_id not in held
    assert MAIL not in held
    assert len(await refs(stage)) == head
    # One person stays one person: where they were, what they did and what they got.
    [fresh] = [one for one in await refs(stage) if one.startswith("erased-")]
    async with stage.machine("engagement") as client:
        shown = (await client.get(f"/v1/people/{fresh}")).json()["counts"]
    assert shown == {"attendances": 2, "completions": 1, "invitations": 1, "mails": 2}
    mails = await stage.psql("engagement", "SELECT status, detail FROM delivery ORDER BY status")
    assert [tuple(row) for row in mails] == [("sent", None), ("skipped", "erased")]


async def test_the_audit_log_tells_that_somebody_was_erased_and_not_who(stage: Stage) -> None:
    ref, _, _ = await live(stage)
    async with stage.person("engagement", "ann") as ann:
        assert (await ann.delete(f"/v1/people/{ref}")).status_code == 204
        assert (await ann.delete(f"/v1/people/{ref}")).status_code == 204
    [line] = await stage.psql("engagement", "SELECT * FROM audit_log WHERE action = 'person.erased'")
    assert line["sub"].endswith("ann")
    for name, count in (("attendances", 2), ("completions", 1), ("invitations", 1), ("mails", 2), ("mailboxes", 1)):
        assert f'"{name}": [null, {count}]' in str(line["changes"])
    assert ref not in str(dict(line))


async def test_names_that_wait_for_a_decision_are_emptied_too(stage: Stage) -> None:
    await create_suppliers(stage)
    ref = ref_of(stage, "Zoe.Secret@gmail.com")
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        report = (await post(client, event)).json()
        answers = await asyncio.gather(*[client.delete(f"/v1/people/{ref}") for _ in range(3)])
        assert {answer.status_code for answer in answers} == {204}
        read = (await client.get(f"/v1/events/{event['id']}/attendance-reports/{report['id']}")).json()
    assert (read["undecided"], read["ignored"]) == (report["undecided"] - 1, report["ignored"] + 1)
    assert read["version"] == report["version"] + 1
    assert "zoe.secret" not in await everything(stage)
    assert "Ann Buyer" in await everything(stage)


async def test_whoever_has_no_address_is_erased_by_the_reference_of_their_name(stage: Stage) -> None:
    await create_suppliers(stage)
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        await post(client, event)
        [bo] = [one for one in await refs(stage) if one.startswith("n-")]
        assert (await client.delete(f"/v1/people/{bo}")).status_code == 204
    assert not [one for one in await refs(stage) if one.startswith("n-")]


async def test_whom_the_registry_erases_is_erased_here_too(stage: Stage) -> None:
    ref, ids, contact_id = await live(stage)
    await erase_contact(stage, ids["S1"], contact_id)
    held = await everything(stage)
    assert ref not in held
    assert contact_id not in held.replace("feed_event", "")
    [line] = await stage.psql("engagement", "SELECT sub FROM audit_log WHERE action = 'person.erased'")
    assert line["sub"] == "registry"
    # Reading the feed from its beginning again finds nobody to erase.
    await stage.psql("registry", "UPDATE feed_state SET epoch = gen_random_uuid()")
    await pull(stage)
    assert len(await stage.psql("engagement", "SELECT 1 FROM audit_log WHERE action = 'person.erased'")) == 1


async def test_an_objection_outlives_a_contact_whose_address_may_stand_elsewhere(stage: Stage) -> None:
    ref, ids, contact_id = await live(stage)
    url = f"/v1/people/{ref}"
    async with stage.machine("engagement") as client:
        body = {"invitations": None, "newsletters": False}
        await client.put(f"{url}/consent", json=body, headers={"If-Match": '"1"'})
        await erase_contact(stage, ids["S1"], contact_id)
        left = (await client.get(url)).json()
        assert set(left["counts"].values()) == {0}
        assert left["consent"]["newsletters"] is False
        # Who asks here to be erased is asked of no one again.
        assert (await client.delete(url)).status_code == 204
        assert (await client.get(url)).status_code == 404


async def test_other_people_and_contacts_that_are_not_known_here_are_left_alone(stage: Stage) -> None:
    ref, ids, _ = await live(stage)
    other = await add_contact(stage, ids["S1"], "bo@acme.example")
    before = await refs(stage)
    await erase_contact(stage, ids["S1"], other)
    assert await refs(stage) == before
    assert ref in before


async def test_erasing_the_same_person_at_once_from_both_sides_leaves_one_reference(stage: Stage) -> None:
    ref, _, _ = await live(stage)
    async with stage.machine("engagement") as one, stage.machine("engagement") as other:
        answers: list[Any] = await asyncio.gather(
            *[client.delete(f"/v1/people/{ref}") for client in (one, other, one, other)]
        )
    assert {answer.status_code for answer in answers} == {204}
    assert len([one for one in await refs(stage) if one.startswith("erased-")]) == 1
    assert len(await stage.psql("engagement", "SELECT 1 FROM audit_log WHERE action = 'person.erased'")) == 1


async def test_an_attendance_that_is_written_meanwhile_waits_for_the_erasure(stage: Stage) -> None:
    ref, _, _ = await live(stage)
    resources = stage.resources("engagement")
    async with stage.machine("engagement") as client:
        [event, *_] = (await client.get("/v1/events", params={"event_ref": "FRM-1"})).json()["items"]
        async with resources.database.transaction() as session:
            await erasure.erase_person(session, resources.cursor_key, erasure.REGISTRY, ref)
            writing = asyncio.create_task(post(client, event, REPORT.replace("02:40:00", "02:45:00")))
            done, _ = await asyncio.wait([writing], timeout=0.3)
            assert not done
        assert (await writing).status_code == 201
    # What is told of a person afterwards is told anew.
    assert ref in await refs(stage)


async def test_a_suppliers_contact_can_be_erased_where_nothing_was_ever_written_to_them(stage: Stage) -> None:
    supplier_id = await add_supplier(stage, "S1")
    contact_id = await add_contact(stage, supplier_id, MAIL)
    await pull(stage)
    await erase_contact(stage, supplier_id, contact_id)
    assert await stage.psql("engagement", "SELECT 1 FROM audit_log") == []
