"""Those who were absent from an event, and audiences of very many."""

import json
import time
from typing import Any

import httpx
from sqlalchemy import event

from shared.ids import new_id
from tests.engagement.known_people import add_contact, find, invite, missed, ref_of
from tests.engagement.programme import attend, create_event
from tests.engagement.test_audiences import programme
from tests.stage import Stage

MANY = 10_000


async def test_absent_are_those_invited_who_were_not_there(stage: Stage) -> None:
    ids = await programme(stage)
    contacts = {code: await contact_of(stage, ids[code]) for code in ids}
    second = await add_contact(stage, ids["KEY"], "bo@key.example")
    async with stage.machine("engagement") as client:
        forum = await create_event(client)
        for code in ("KEY", "OEM", "RAW"):
            await invite(stage, forum["id"], ids[code], contacts[code], ref_of(stage, f"mei@{code.lower()}.example"))
        await invite(stage, forum["id"], ids["KEY"], second, ref_of(stage, "bo@key.example"))
        await attend(client, forum["id"], supplier_code="KEY", person_ref=ref_of(stage, "mei@key.example"))
        there = await attend(client, forum["id"], supplier_code="OEM", persons=2)
        found = await find(stage, absent_from=forum["id"])
        everyone = await find(stage, invited_to=forum["id"])
        [bo, raw] = found.recipients
        assert (str(bo.contact_id), bo.reasons) == (second, ("absent from FRM-1",))
        assert raw.supplier_code == "RAW"
        # Two of OEM were there, and nobody knows who: its people are neither written to nor forgotten.
        assert missed(found) == [("OEM", "cannot_tell")]
        assert [one.supplier_code for one in everyone.recipients] == ["KEY", "KEY", "OEM", "RAW"]
        # Who is meant for another reason too is written to, whatever is not known of the forum.
        either = await find(stage, any_of=[{"absent_from": forum["id"]}, {"kinds": ["oem"]}])
        assert {one.supplier_code for one in either.recipients} == {"KEY", "OEM", "RAW"}
        url = f"/v1/events/{forum['id']}/attendances/{there['id']}/withdraw"
        gone = await client.post(url, json={"reason": "Not them"}, headers={"If-Match": '"1"'})
        assert gone.status_code == 200, gone.text
        assert {one.supplier_code for one in (await find(stage, absent_from=forum["id"])).recipients} == {
            "KEY",
            "OEM",
            "RAW",
        }


async def contact_of(stage: Stage, supplier_id: str) -> str:
    async with stage.machine("registry") as client:
        return str((await client.get(f"/v1/suppliers/{supplier_id}/contacts")).json()["items"][0]["id"])


async def test_ten_thousand_suppliers_take_seconds_and_as_few_statements_as_ten(stage: Stage) -> None:
    rows = [(new_id(), f"S{n:05}") for n in range(MANY)]
    await stage.psql(
        "engagement",
        "INSERT INTO supplier_copy (id, pos, code, name, kind, status) "
        "SELECT id, 1, code, code, 'key', 'active' FROM unnest($1::uuid[], $2::text[]) AS given (id, code)",
        [one for one, _ in rows],
        [code for _, code in rows],
    )

    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)["supplier_ids"]
        items = [
            {"supplier_id": one, "contact_id": one, "name": "Mei", "email": f"mei@{one}.example", "role": "esg",
             "language": "en"}
            for one in asked
        ]  # fmt: skip
        return httpx.Response(200, json={"items": items})

    registry = stage.transport.applications["registry"]
    stage.transport.applications["registry"] = httpx.MockTransport(answer)
    statements: list[str] = []
    engine = stage.resources("engagement").database.engine.sync_engine

    def note(*given: Any) -> None:
        statements.append(given[2])

    event.listen(engine, "before_cursor_execute", note)
    started = time.perf_counter()
    try:
        found = await find(stage, kinds=["key"])
    finally:
        stage.transport.applications["registry"] = registry
        event.remove(engine, "before_cursor_execute", note)
    took = time.perf_counter() - started
    assert len(found.recipients) == MANY
    assert len(statements) <= 4, statements
    assert took < 10, took
