"""What was submitted for a finding, and who did what to it and when."""

from datetime import UTC, datetime
from typing import Any

from tests.audit.programme import TODAY, add_audit, add_finding, add_supplier, ago, read, step
from tests.stage import Stage


async def test_all_plans_are_kept_and_listed_oldest_first(stage: Stage) -> None:
    supplier_id = await add_supplier(stage)
    await add_supplier(stage, "S2")
    finding = await add_finding(stage, await add_audit(stage))
    url = f"/v1/findings/{finding['id']}/plans"
    assert (await read(stage, url))["items"] == []
    for cause in ("Haste", "No planner", "No training"):
        assert (await step(stage, finding["id"], "plan", root_cause=cause)).status_code == 200
    first = await read(stage, url, limit=2)
    second = await read(stage, url, limit=2, cursor=first["next_cursor"])
    plans = first["items"] + second["items"]
    assert [(plan["n"], plan["root_cause"]) for plan in plans] == [(1, "Haste"), (2, "No planner"), (3, "No training")]
    assert second["next_cursor"] is None
    assert plans[-1] == await read(stage, f"/v1/findings/{finding['id']}/plan")
    foreign = await add_finding(stage, await add_audit(stage, supplier_code="S2"))
    async with stage.machine("audit", "audit:read", supplier_id=supplier_id) as bound:
        assert len((await bound.get(url)).json()["items"]) == 3
        assert (await bound.get(f"/v1/findings/{foreign['id']}/plans")).status_code == 404


async def add_file(stage: Stage, finding: dict[str, Any], name: str, **columns: Any) -> None:
    """A file as its upload leaves it in the table."""
    values = {"uploaded_by": "sam", "uploaded_at": datetime.now(UTC), **columns}
    names = ", ".join(values)
    places = ", ".join(f"${number}" for number in range(3, 3 + len(values)))
    await stage.psql(
        "audit",
        f"INSERT INTO stored_file (id, finding_id, name, media_type, size, sha256, {names}) "
        f"VALUES (gen_random_uuid(), $1, $2, 'image/png', 5, 'ab', {places})",
        finding["id"],
        name,
        *values.values(),
    )


async def test_the_history_tells_who_did_what_when_in_the_order_of_time(stage: Stage) -> None:
    supplier_id = await add_supplier(stage)
    await add_supplier(stage, "S2")
    finding = await add_finding(stage, await add_audit(stage), internal_note="Watch them")
    url = f"/v1/findings/{finding['id']}"
    contact = {"contact_name": "Mei", "contact_email": "mei@supplier.example"}
    await step(stage, finding["id"], "plan", starts_on=ago(1), completes_on=ago(-9), **contact)
    await step(stage, finding["id"], "plan/reject", reason="No root cause")
    await step(stage, finding["id"], "extend", person="bea", due_on=ago(-900), reason="Parts are late")
    await step(stage, finding["id"], "plan")
    now = datetime.now(UTC)
    await add_file(stage, finding, "wrong.png", withdrawn_at=now, withdrawn_by="ann", withdrawn_reason="Blurred")
    await add_file(stage, finding, "Mei.png", erased_at=now)
    page = await read(stage, f"{url}/history")
    told = page["items"]
    assert page["next_cursor"] is None
    assert [entry["at"] for entry in told] == sorted(entry["at"] for entry in told)
    assert sorted(entry["what"] for entry in told[5:]) == ["file_uploaded", "file_uploaded", "file_withdrawn"]
    assert [(entry["what"], entry["by"].rpartition("|")[2], entry["on"], entry["reason"]) for entry in told[1:5]] == [
        ("plan_submitted", "sam", TODAY.isoformat(), None),
        ("plan_rejected", "ann", TODAY.isoformat(), "No root cause"),
        ("extended", "bea", None, "Parts are late"),
        ("plan_submitted", "sam", TODAY.isoformat(), None),
    ]
    assert (told[0]["what"], told[0]["on"]) == ("recorded", ago(100))
    assert [entry["details"] for entry in told[1:5]] == [
        {"plan": 1, "starts_on": ago(1), "completes_on": ago(-9)},
        {},
        {"due_on_before": finding["due_on"], "due_on": ago(-900)},
        {"plan": 2, "starts_on": None, "completes_on": None},
    ]
    files = {(entry["what"], entry["details"]["name"], entry["reason"]) for entry in told[5:]}
    assert files == {
        ("file_uploaded", "wrong.png", None),
        ("file_withdrawn", "wrong.png", "Blurred"),
        ("file_uploaded", None, None),
    }
    async with stage.machine("audit", "audit:read", supplier_id=supplier_id) as bound:
        own = await bound.get(f"{url}/history")
    assert own.json() == page
    assert "Watch" not in own.text
    assert "Mei" not in own.text
    foreign = await add_finding(stage, await add_audit(stage, supplier_code="S2"))
    async with stage.machine("audit", "audit:read", supplier_id=supplier_id) as bound:
        assert (await bound.get(f"/v1/findings/{foreign['id']}/history")).status_code == 404


async def test_a_history_that_came_by_file_begins_with_the_recording_and_keeps_its_days(stage: Stage) -> None:
    await add_supplier(stage)
    await add_audit(stage, audit_ref="A1")
    header = "finding_ref,audit_ref,supplier_code,provision,code_version,severity,discovered_on"
    run = await stage.import_file(
        "audit",
        "findings",
        f"{header},closed_on,implemented_on,plan_approved_on\n"
        f"F1,A1,S1,A3,8.0,major,{ago(90)},{ago(40)},{ago(50)},{ago(60)}\n",
    )
    assert run["errors"] == []
    (finding,) = (await read(stage, "/v1/findings"))["items"]
    told = (await read(stage, f"/v1/findings/{finding['id']}/history"))["items"]
    assert [(entry["what"], entry["on"]) for entry in told] == [
        ("recorded", ago(90)),
        ("plan_approved", ago(60)),
        ("implemented", ago(50)),
        ("closed", ago(40)),
    ]
    assert [entry["at"] for entry in told] == sorted(entry["at"] for entry in told)
