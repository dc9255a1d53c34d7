"""Actions of published reviews: what they rest on, who finds them, and how they are followed up."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.scoring.business.quarter_end import Q, QuarterEnd

TODAY = datetime.now(UTC).date()
LATER = str(TODAY + timedelta(days=100))


async def actions(quarter_end: QuarterEnd, **filters: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """Supplier code and kind -> action; of several the last one."""
    items = (await quarter_end.get("/v1/actions", **filters))["items"]
    return {(item["supplier_code"], item["kind"]): item for item in items}


async def one_action(quarter_end: QuarterEnd) -> dict[str, Any]:
    await quarter_end.rate(S1=60)
    await quarter_end.publish()
    (action,) = (await actions(quarter_end)).values()
    return action


async def test_each_consequence_comes_with_its_reasons_owner_due_date_and_state(quarter_end: QuarterEnd) -> None:
    await quarter_end.rate(GOOD=90, KEEP=75, POOR=60)
    await quarter_end.rate(UNKNOWN=90, MISSED=90)
    quarter_end.stand("UNKNOWN", score=90, risk_tier="high", basis="assumed")
    quarter_end.stand("MISSED", score=90, risk_tier="high", priority_missed=True)
    await quarter_end.know("SILENT", score=90)
    await quarter_end.source("PCB", {"SILENT": 1})
    published = await quarter_end.publish()
    cards = await quarter_end.cards()
    assert {code: (card["grade"], card["consequence"]) for code, card in cards.items()} == {
        "GOOD": ("A", "eligible_for_more"), "KEEP": ("B", "keep"), "POOR": ("C", "no_more"),
        "UNKNOWN": ("B", "keep"), "MISSED": ("D", "no_new_business"), "SILENT": ("not_rated", "none"),
    }  # fmt: skip
    opened = await actions(quarter_end)
    on = date.fromisoformat(published["published_at"][:10])
    due = {key: (date.fromisoformat(each["due_on"]) - on).days for key, each in opened.items()}
    assert {key: (each["owner_role"], due[key]) for key, each in opened.items()} == {
        ("GOOD", "recognition"): ("procurement", 30),
        ("POOR", "improvement_plan"): ("procurement", 30),
        ("UNKNOWN", "assess"): ("sustainability", 90),
        ("MISSED", "no_new_business"): ("procurement", 0),
        ("MISSED", "phase_out_plan"): ("procurement", 60),
    }
    for (code, kind), action in opened.items():
        assert action["reasons"] == cards[code]["reasons"][kind] != []
        assert (action["state"], action["owner"], action["overdue"], action["first_due_on"]) == (
            "open", None, False, None
        )  # fmt: skip
    assert "D, before all else" in opened["MISSED", "phase_out_plan"]["reasons"][-1]
    assert cards["KEEP"]["reasons"] == {"keep": ["The total of 75.00 lies in the band of B, 70 to below 85."]}
    assert len(cards["SILENT"]["reasons"]["none"]) == 2


async def test_actions_are_found_by_supplier_owner_role_state_kind_quarter_and_due_date(
    quarter_end: QuarterEnd,
) -> None:
    await quarter_end.rate(GOOD=90, BAD=40)
    await quarter_end.publish()
    await quarter_end.rate("2026Q2", GOOD=91)
    await quarter_end.publish("2026Q2")
    praise = (await actions(quarter_end, quarter=Q))["GOOD", "recognition"]
    await quarter_end.patch(f"/v1/actions/{praise['id']}", {"owner": "p-17"}, version=1)
    await quarter_end.stage.psql("scoring", "UPDATE action SET due_on = due_on - 200 WHERE kind = 'phase_out_plan'")
    for filters, found in (
        ({"supplier_code": "BAD"}, 2),
        ({"supplier_id": str(quarter_end.ids["GOOD"])}, 2),
        ({"quarter": "2026Q2"}, 1),
        ({"owner": "p-17"}, 1),
        ({"owner": ""}, 3),
        ({"owner_role": "sustainability"}, 0),
        ({"owner_role": "procurement", "kind": "recognition"}, 2),
        ({"state": "done"}, 0),
        ({"overdue": True}, 1),
        ({"overdue": False}, 3),
        ({"overdue": True, "state": "open", "supplier_code": "BAD", "quarter": Q}, 1),
        ({"due_by": str(TODAY - timedelta(days=1))}, 1),
    ):
        items = (await quarter_end.get("/v1/actions", **filters))["items"]
        assert len(items) == found, filters
    (late,) = (await quarter_end.get("/v1/actions", overdue=True))["items"]
    assert (late["kind"], late["overdue"]) == ("phase_out_plan", True)
    done = await quarter_end.patch(f"/v1/actions/{late['id']}", {"state": "done", "note": "signed"}, version=1)
    assert (done.json()["state"], done.json()["note"], done.json()["overdue"]) == ("done", "signed", False)
    assert (await quarter_end.get("/v1/actions", overdue=True))["items"] == []
    async with quarter_end.stage.machine("scoring", "scoring:read") as client:
        for name in ("state", "owner_role", "kind", "overdue"):
            refused = await client.get("/v1/actions", params={name: "x"})
            assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, f"query: {name}")


async def test_a_due_date_is_moved_with_a_reason_and_the_first_one_stays_readable(quarter_end: QuarterEnd) -> None:
    action = await one_action(quarter_end)
    path = f"/v1/actions/{action['id']}"
    moved = await quarter_end.patch(path, {"due_on": LATER, "note": "Its plant was flooded."}, version=1)
    assert moved.status_code == 200, moved.text
    assert (moved.json()["due_on"], moved.json()["first_due_on"]) == (LATER, action["due_on"])
    assert moved.headers["etag"] == f'"2-{TODAY}"'
    again = await quarter_end.patch(path, {"due_on": str(TODAY), "note": "It is dry."}, version=2)
    assert (again.json()["due_on"], again.json()["first_due_on"]) == (str(TODAY), action["due_on"])
    same = await quarter_end.patch(path, {"due_on": str(TODAY)}, version=3)
    assert (same.status_code, same.json()["version"]) == (200, 3)
    async with quarter_end.stage.machine("scoring") as client:
        log = (await client.get("/v1/audit-log", params={"resource_id": action["id"]})).json()["items"]
    assert [line["changes"].get("note") for line in log] == [
        None, [None, "Its plant was flooded."], ["Its plant was flooded.", "It is dry."]
    ]  # fmt: skip
    assert log[1]["changes"]["due_on"] == [action["due_on"], LATER]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"due_on": LATER}, "#/note"),
        ({"due_on": LATER, "note": "  "}, "#/note"),
        ({"due_on": str(TODAY - timedelta(days=1)), "note": "x"}, "#/due_on"),
        ({"state": "cancelled"}, "#/note"),
        ({"state": "gone"}, "#/state"),
        ({"kind": "assess"}, "#/kind"),
    ],
)
async def test_a_wrong_change_names_its_field_and_changes_nothing(
    quarter_end: QuarterEnd, body: dict[str, Any], pointer: str
) -> None:
    action = await one_action(quarter_end)
    refused = await quarter_end.patch(f"/v1/actions/{action['id']}", body, version=1)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await quarter_end.get(f"/v1/actions/{action['id']}")) == action


async def test_an_action_that_is_over_is_changed_no_more(quarter_end: QuarterEnd) -> None:
    action = await one_action(quarter_end)
    path = f"/v1/actions/{action['id']}"
    assert (await quarter_end.patch(path, {"state": None}, version=1)).status_code == 422
    assert (await quarter_end.patch(path, {"due_on": None}, version=1)).status_code == 422
    assert (await quarter_end.patch(path, {"state": "cancelled", "note": "sold"}, version=1)).status_code == 200
    late = await quarter_end.patch(path, {"due_on": LATER, "note": "x"}, version=2)
    assert (late.status_code, late.json()["type"].rpartition("/")[2]) == (409, "action-closed")


async def test_of_two_people_who_close_an_action_at_once_one_does(quarter_end: QuarterEnd) -> None:
    action = await one_action(quarter_end)
    answers = await asyncio.gather(
        *(
            quarter_end.patch(f"/v1/actions/{action['id']}", {"state": state, "note": "x"}, version=1, by=who)
            for who, state in (("ann", "done"), ("ben", "cancelled"))
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_a_revision_leaves_what_people_did_with_actions(quarter_end: QuarterEnd) -> None:
    await quarter_end.rate(WAIVED=60, DONE=60, MOVED=60, OTHER=60)
    await quarter_end.publish()
    for code, body in (
        ("WAIVED", {"state": "cancelled", "note": "It leaves anyway."}),
        ("DONE", {"state": "done"}),
        ("MOVED", {"due_on": LATER, "note": "flooded", "owner": "p-17"}),
    ):
        action = (await actions(quarter_end))[code, "improvement_plan"]
        assert (await quarter_end.patch(f"/v1/actions/{action['id']}", body, version=1)).status_code == 200
    before = await actions(quarter_end)
    await quarter_end.rate(OTHER=61)
    await quarter_end.publish()
    assert len((await quarter_end.get("/v1/actions"))["items"]) == 4
    assert await actions(quarter_end) == before


async def test_what_is_asked_for_once_more_after_a_revision_did_not_is_opened_anew(quarter_end: QuarterEnd) -> None:
    for total in (60, 75, 60):
        await quarter_end.rate(S1=total)
        await quarter_end.publish()
    items = (await quarter_end.get("/v1/actions"))["items"]
    assert [(item["revision"], item["state"]) for item in items] == [(1, "cancelled"), (3, "open")]
    assert items[0]["note"] == "Revision 2 of the review no longer asks for it."


async def test_a_grade_that_falls_to_d_replaces_the_improvement_plan(quarter_end: QuarterEnd) -> None:
    for total in (60, 40):
        await quarter_end.rate(S1=total)
        await quarter_end.publish()
    assert {(kind, each["state"]) for (_, kind), each in (await actions(quarter_end)).items()} == {
        ("improvement_plan", "cancelled"), ("no_new_business", "open"), ("phase_out_plan", "open")
    }  # fmt: skip


async def test_a_supplier_that_a_revision_drops_has_nothing_to_do_any_more(quarter_end: QuarterEnd) -> None:
    await quarter_end.rate(S1=60, S2=60)
    await quarter_end.publish()
    await quarter_end.know("S1", status="inactive")
    await quarter_end.publish()
    assert {code: each["state"] for (code, _), each in (await actions(quarter_end)).items()} == {
        "S1": "cancelled", "S2": "open"
    }  # fmt: skip
