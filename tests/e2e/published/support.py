"""Four quarterly support meetings with a third-party auditor, what they treat, and what is promised in them."""

from typing import Any

import httpx

from tests.audit.programme import ago, step
from tests.e2e.published import cast
from tests.engagement.programme import COLUMNS
from tests.engagement.support_meetings import create_meeting, promise, pull, treat
from tests.stage import Stage

DAYS_AGO = (320, 230, 140, 50)
AUDITOR = {
    "name": "Lin Mei",
    "kind": "third_party_auditor",
    "organisation": "Formosa Assurance",
    "qualification": "RBA Lead Auditor",
    "registration_number": "LA-0815",
    "qualified_until": ago(-400),
    "independence": {"declared_on": ago(330), "statement": "No stake in any supplier that is invited."},
}
SUPPLIERS_THERE, PEOPLE_OF_EACH = range(5, 18), 2
TREATED = {1: 5, 2: 7, 3: 8, 4: cast.PASSPORTS}
"""Whose finding is treated in the meeting of which quarter."""

DUE_DAYS_AGO = {1: 200, 2: -60, 3: -90, 4: 10}
"""When what is promised in a quarter's meeting is to be done; before today where it is negative, later."""


async def hold(stage: Stage, client: httpx.AsyncClient) -> tuple[list[dict[str, Any]], dict[int, dict[str, Any]]]:
    """The meetings of the year, and the commitments made in them by quarter."""
    meetings, commitments = [], {}
    for quarter, days in enumerate(DAYS_AGO, 1):
        times = {"starts_at": f"{ago(days)}T06:00:00Z", "ends_at": f"{ago(days)}T09:00:00Z"}
        ref, title = f"MTG-Q{quarter}", f"Quarterly support meeting {quarter}"
        meeting = await create_meeting(
            client, event_ref=ref, title=title, topic="human_rights", speakers=[AUDITOR], **times
        )
        meetings.append(meeting)
        supplier = cast.code(TREATED[quarter])
        finding = await worst_finding(stage, supplier)
        await treat(
            client, meeting, finding,
            root_cause="Orders are confirmed before shifts are planned", best_practice="A planner for each line",
        )  # fmt: skip
        commitments[quarter] = await promise(client, meeting, finding, due_on=ago(DUE_DAYS_AGO[quarter]))
        run = await stage.import_file("engagement", "attendances", _attendances(meeting))
        assert (run["status"], run["errors"]) == ("succeeded", [])
    await stage.run_tasks("engagement")
    return meetings, commitments


async def worst_finding(stage: Stage, supplier: str) -> dict[str, Any]:
    """The supplier's finding on forced labour where it has one, else on working hours."""
    async with stage.machine("audit") as client, stage.machine("registry") as registry:
        (held,) = (await registry.get("/v1/suppliers", params={"code": supplier})).json()["items"]
        found = (await client.get("/v1/findings", params={"supplier_id": held["id"]})).json()["items"]
    finding: dict[str, Any] = min(found, key=lambda one: (one["provision"], one["discovered_on"] < ago(500)))
    return finding


async def follow_up(stage: Stage, commitment: dict[str, Any]) -> None:
    """The auditor confirms on the finding that the promise was kept, and the finding is mended and closed today."""
    async with stage.machine("audit") as client:
        url = f"/v1/findings/{commitment['finding_id']}/commitments/{commitment['id']}/kept"
        answer = await client.post(url, json={"kept_on": ago(12), "note": "Passports were handed back"})
        assert answer.status_code == 200, answer.text
    for name in ("plan", "plan/approve", "implement", "close"):
        answer = await step(stage, commitment["finding_id"], name, person="vera" if name == "close" else "ann")
        assert answer.status_code == 200, answer.text
    await pull(stage, "audit")


def _attendances(meeting: dict[str, Any]) -> str:
    """As the organiser keeps them in a spreadsheet; one person a quarter was not satisfied."""
    start, end = meeting["starts_at"], meeting["ends_at"]
    lines = [COLUMNS]
    for number in SUPPLIERS_THERE:
        for n in range(PEOPLE_OF_EACH):
            rating = 3 if (number, n) == (SUPPLIERS_THERE[0], 0) else 4 + n
            person = f"desk-{number}-{n}"
            lines.append(
                f"{meeting['event_ref']},support_meeting,{meeting['title']},{start},{end},{cast.code(number)},{person},,,,{rating}"
            )
    return "\n".join(lines) + "\n"
