"""Third-party auditors at events: qualified, independent, and what to know where they are not."""

from datetime import date
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.engagement.domain import auditors
from services.engagement.domain.auditors import Conflict, Present, Speaker
from tests.engagement.programme import FORUM, attend, create_event, create_supplier
from tests.stage import Stage

DECLARED = {"declared_on": "2026-03-01", "statement": "No stake in any supplier that is invited.", "conflicts": []}
AUDITOR: dict[str, Any] = {
    "name": "Lin Mei",
    "organisation": "Formosa Assurance",
    "kind": "third_party_auditor",
    "qualification": "RBA Lead Auditor",
    "qualified_until": "2026-12-31",
    "registration_number": "LA-0815",
    "independence": DECLARED,
}
MEETING = {"kind": "support_meeting", "event_ref": "MTG-1"}


async def warnings(client: httpx.AsyncClient, event_id: str) -> list[tuple[str, str]]:
    """The codes of an event's warnings, and what they are about."""
    found = (await client.get(f"/v1/events/{event_id}")).json()["warnings"]
    return [(warning["code"], warning["pointer"]) for warning in found]


def declaring(*conflicts: Any) -> dict[str, Any]:
    """The auditor, with these conflicts declared."""
    return {**AUDITOR, "independence": {**DECLARED, "conflicts": list(conflicts)}}


async def test_an_auditor_is_read_back_with_qualification_and_declaration(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event = await create_event(client, **MEETING, speakers=[AUDITOR])
    assert event["speakers"] == [{**AUDITOR, "role": None}]
    assert event["warnings"] == []


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"organisation": None}, "#/speakers/0/organisation"),
        ({"qualification": None}, "#/speakers/0/qualification"),
        ({"independence": None}, "#/speakers/0/independence"),
        ({"independence": {**DECLARED, "statement": ""}}, "#/speakers/0/independence/statement"),
        ({"independence": {**DECLARED, "declared_on": "2199-01-01"}}, "#/speakers/0/independence/declared_on"),
        ({"qualified_until": "2026-04-15"}, "#/speakers/0/qualified_until"),
        ({"kind": "judge"}, "#/speakers/0/kind"),
    ],
)
async def test_an_auditor_of_whom_something_is_missing_or_over_is_refused(
    stage: Stage, changes: dict[str, Any], pointer: str
) -> None:
    async with stage.machine("engagement") as client:
        answer = await client.post("/v1/events", json={**FORUM, "speakers": [{**AUDITOR, **changes}]})
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])


async def test_a_qualification_that_ends_on_the_day_of_the_event_is_still_one(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event = await create_event(client, speakers=[{**AUDITOR, "qualified_until": "2026-04-16"}])
        later = {"starts_at": "2026-04-17T13:30:00+08:00", "ends_at": "2026-04-17T17:00:00+08:00"}
        answer = await client.patch(f"/v1/events/{event['id']}", json=later, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/speakers/0/qualified_until")


async def test_a_support_meeting_without_a_third_party_auditor_is_held_with_a_warning(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        meeting = await create_event(client, **MEETING)
        forum = await create_event(client)
        listed = (await client.get("/v1/events")).json()["items"]
    assert [warning["code"] for warning in meeting["warnings"]] == ["no-third-party-auditor"]
    assert forum["warnings"] == []
    assert [event["warnings"] for event in listed] == [meeting["warnings"], []]


async def test_a_declared_conflict_is_a_warning_once_that_supplier_takes_part(stage: Stage) -> None:
    for code in ("S1", "S2"):
        await create_supplier(stage, code)
    async with stage.machine("engagement") as client:
        speakers = [declaring("S2", {"supplier_code": "S1", "nature": "consulting", "ended_on": "2025-06-30"})]
        event_id = (await create_event(client, **MEETING, speakers=speakers))["id"]
        assert await warnings(client, event_id) == []
        before = (await client.get(f"/v1/events/{event_id}")).headers["etag"]
        held = await attend(client, event_id, supplier_code="S1", person_ref="p-1")
        answer = await client.get(f"/v1/events/{event_id}", headers={"If-None-Match": before})
        assert answer.status_code == 200
        assert answer.headers["etag"].startswith('"2-')
        assert await warnings(client, event_id) == [
            ("conflict-declared", "#/speakers/0/independence/conflicts/1"),
        ]
        url = f"/v1/events/{event_id}/attendances/{held['id']}/withdraw"
        assert (await client.post(url, json={"reason": "Slip"}, headers={"If-Match": '"1"'})).status_code == 200
        assert await warnings(client, event_id) == []


async def test_whoever_is_invited_takes_part_unless_they_declined(stage: Stage) -> None:
    supplier_id = await create_supplier(stage, "S1")
    async with stage.machine("engagement") as client:
        event_id = (await create_event(client, **MEETING, speakers=[declaring("S1")]))["id"]
        await attend(client, (await create_event(client))["id"], supplier_code="S1")
        await stage.psql(
            "engagement",
            "INSERT INTO invitation (id, version, event_id, supplier_id, person_ref, language, reasons, reply,"
            " created_by) VALUES (gen_random_uuid(), 1,"
            f" '{event_id}', '{supplier_id}', 'p', 'en', '{{}}', 'needs_action', 'ann')",
        )
        assert [code for code, _ in await warnings(client, event_id)] == ["conflict-declared"]
        await stage.psql("engagement", "UPDATE invitation SET reply = 'declined'")
        assert await warnings(client, event_id) == []


@pytest.mark.parametrize("organisation", ["s1", "company  S1", "COMPANY \uff331"])
async def test_an_auditor_of_a_supplier_that_takes_part_is_no_third_party(stage: Stage, organisation: str) -> None:
    await create_supplier(stage, "S1")
    theirs = {**AUDITOR, "organisation": organisation}
    async with stage.machine("engagement") as client:
        event_id = (await create_event(client, **MEETING, speakers=[theirs]))["id"]
        assert await warnings(client, event_id) == []
        await attend(client, event_id, supplier_code="S1")
        assert await warnings(client, event_id) == [("auditor-of-a-supplier", "#/speakers/0/organisation")]
        url, current = f"/v1/events/{event_id}", {"If-Match": '"2"'}
        again = await client.patch(url, json={"speakers": [theirs, "Chen Yi"]}, headers=current)
        other = await client.patch(url, json={"topic": "Fees"}, headers=current)
    assert (again.status_code, again.json()["errors"][0]["pointer"]) == (422, "#/speakers/0/organisation")
    assert other.status_code == 200


async def test_a_supplier_is_recognised_by_what_was_merged_with_it(stage: Stage) -> None:
    old, new = await create_supplier(stage, "OLD"), await create_supplier(stage, "NEW")
    async with stage.machine("engagement") as client:
        other = (await create_event(client))["id"]
        await attend(client, other, supplier_code="OLD")
        event_id = (await create_event(client, **MEETING, speakers=[declaring("OLD")]))["id"]
        await attend(client, event_id, supplier_code="NEW")
        assert await warnings(client, event_id) == []
        await stage.psql("engagement", f"UPDATE supplier_copy SET merged_into = '{new}' WHERE id = '{old}'")
        assert [code for code, _ in await warnings(client, event_id)] == ["conflict-declared"]


async def test_speakers_of_earlier_records_are_shown_as_speakers(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        kept = '[{"name": "Lin Mei", "organisation": null, "role": "third-party auditor"}]'
        await stage.psql("engagement", f"UPDATE event SET speakers = '{kept}'")
        assert (await client.get(f"/v1/events/{event['id']}")).json() == event


def speaker(*conflicts: Conflict, declared_on: date = date(2026, 3, 1)) -> Speaker:
    """An auditor in the rules' terms."""
    return Speaker("third_party_auditor", "Formosa", "RBA Lead Auditor", None, declared_on, conflicts)


DAY = date(2026, 4, 16)
THERE = Present("S1", frozenset({"S1"}), frozenset({"Company S1"}))


def codes(one: Speaker) -> list[str]:
    """What is warned of where S1 takes part."""
    return [warning.code for warning in auditors.warnings_about("forum", [one], DAY, [THERE])]


def test_a_conflict_counts_for_two_years_after_it_ended() -> None:
    assert codes(speaker(Conflict("S1", date(2024, 4, 17)))) == ["conflict-declared"]
    assert codes(speaker(Conflict("S1", date(2024, 4, 16)))) == []
    assert codes(speaker(Conflict("S1", None))) == ["conflict-declared"]
    assert codes(speaker(Conflict("S2", None))) == []


def test_a_declaration_is_made_before_the_event_and_within_the_year_before_it() -> None:
    assert codes(speaker(declared_on=DAY)) == []
    assert codes(speaker(declared_on=date(2026, 4, 17))) == ["declared-late"]
    assert codes(speaker(declared_on=date(2025, 4, 16))) == []
    assert codes(speaker(declared_on=date(2025, 4, 15))) == ["declared-long-ago"]


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 5))
def test_years_after_a_day_have_passed_by_then_and_not_a_day_earlier(day: date, years: int) -> None:
    after = auditors.years_after(day, years)
    assert after.year == day.year + years
    assert abs((after - day).days - 365.25 * years) <= 2
