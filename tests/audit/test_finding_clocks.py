"""Both clocks through the API: from discovery and from the report's arrival, and what moves them again."""

from typing import Any

import pytest

from tests.audit.programme import add_audit, add_finding, add_supplier, ago, finding_in, read, step
from tests.stage import Stage

BOTH = ("due_on", "plan_due_on")


async def patch(stage: Stage, url: str, **fields: Any) -> dict[str, Any]:
    async with stage.machine("audit") as client:
        answer = await client.patch(url, json=fields, headers={"If-Match": "*"})
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


def dates(finding: dict[str, Any]) -> tuple[str, str]:
    return finding["due_on"], finding["plan_due_on"]


@pytest.mark.parametrize(
    ("severity", "provision", "until_the_report", "from_the_report"),
    [
        # Discovered 100 days ago; the report is taken to come after 60 days, and came after 10.
        ("priority", "A3", (100 - 90, 100 - 7), (100 - 90, 100 - 7)),
        ("priority", "B1", (100 - 30, 100 - 7), (100 - 30, 100 - 7)),
        ("major", "A3", (40 - 180, 40 - 14), (90 - 180, 90 - 14)),
        ("minor", "C1", (40 - 270, 40 - 14), (90 - 270, 90 - 14)),
    ],
)
async def test_the_clock_from_discovery_stays_and_that_from_the_report_starts_anew_when_it_comes(
    stage: Stage,
    severity: str,
    provision: str,
    until_the_report: tuple[int, int],
    from_the_report: tuple[int, int],
) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage)
    finding = await add_finding(stage, audit, severity=severity, provision=provision)
    assert dates(finding) == tuple(ago(days) for days in until_the_report)
    await patch(stage, f"/v1/audits/{audit['id']}", report_received_on=ago(90))
    reported = await read(stage, f"/v1/findings/{finding['id']}")
    assert dates(reported) == tuple(ago(days) for days in from_the_report)
    await patch(stage, f"/v1/audits/{audit['id']}", report_received_on=None)
    assert dates(await read(stage, f"/v1/findings/{finding['id']}")) == dates(finding)


@pytest.mark.parametrize("how", ["given when it was recorded", "extended"])
async def test_a_due_date_that_was_given_stays_when_the_report_comes_and_the_plans_moves(
    stage: Stage, how: str
) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage)
    if how == "extended":
        finding = await add_finding(stage, audit)
        assert (await step(stage, finding["id"], "extend", due_on=ago(-800), reason="Parts")).status_code == 200
    else:
        finding = await add_finding(stage, audit, due_on=ago(-800))
    await patch(stage, f"/v1/audits/{audit['id']}", report_received_on=ago(90))
    assert dates(await read(stage, f"/v1/findings/{finding['id']}")) == (ago(-800), ago(90 - 14))


@pytest.mark.parametrize(
    ("fields", "moved"),
    [
        ({"severity": "minor"}, (40 - 270, 40 - 14)),
        ({"severity": "priority"}, (100 - 90, 100 - 7)),
        ({"severity": "priority", "provision": "C1"}, (100 - 30, 100 - 7)),
        ({"severity": "priority", "discovered_on": ago(95)}, (95 - 90, 95 - 7)),
        ({"provision": "B1"}, (40 - 180, 40 - 14)),
    ],
)
async def test_a_correction_moves_both_clocks_but_no_due_date_that_was_given(
    stage: Stage, fields: dict[str, str], moved: tuple[int, int]
) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage)
    by_clock, given = await add_finding(stage, audit), await add_finding(stage, audit, due_on=ago(5))
    corrected = await patch(stage, f"/v1/findings/{by_clock['id']}", **fields)
    assert dates(corrected) == tuple(ago(days) for days in moved)
    kept = await patch(stage, f"/v1/findings/{given['id']}", **fields)
    assert dates(kept) == (ago(5), ago(moved[1]))


async def test_a_due_date_is_moved_by_an_extension_with_its_reason_and_by_no_correction(stage: Stage) -> None:
    await add_supplier(stage)
    finding = await add_finding(stage, await add_audit(stage))
    async with stage.machine("audit") as client:
        answer = await client.patch(
            f"/v1/findings/{finding['id']}", json={"due_on": ago(-800)}, headers={"If-Match": "*"}
        )
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/due_on")
    assert await read(stage, f"/v1/findings/{finding['id']}") == finding


@pytest.mark.parametrize(
    ("state", "late"),
    [
        ("open", True), ("plan_submitted", False), ("plan_rejected", True), ("plan_approved", False),
        ("implemented", False), ("closed", False), ("withdrawn", False),
    ],
)  # fmt: skip
async def test_a_plan_is_overdue_the_day_after_it_was_due_while_none_waits_or_is_approved(
    stage: Stage, state: str, late: bool
) -> None:
    await add_supplier(stage)
    late_audit = await add_audit(stage, report_received_on=ago(15))
    today_audit = await add_audit(stage, report_received_on=ago(14))
    finding = await finding_in(stage, late_audit, state)
    due_today = await finding_in(stage, today_audit, state)
    assert (finding["plan_due_on"], finding["plan_overdue"]) == (ago(1), late)
    assert (due_today["plan_due_on"], due_today["plan_overdue"]) == (ago(0), False)
    listed = {
        said: {item["id"] for item in (await read(stage, "/v1/findings", plan_overdue=said))["items"]}
        for said in ("true", "false")
    }
    expected = {finding["id"]} if late else set()
    assert listed == {"true": expected, "false": {finding["id"], due_today["id"]} - expected}
