"""Since when a finding is implemented, closed or withdrawn: three columns that follow from its transitions."""

import random
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain import findings
from services.audit.domain.findings import LIFE, RECORDED_LIFE, Life, Standing, Transition
from tests.audit.programme import TODAY, add_audit, add_supplier, ago, finding_in, read, step
from tests.stage import Stage

FIRST = date(2026, 3, 1)
HEADER = "finding_ref,audit_ref,supplier_code,provision,code_version,severity,discovered_on"
ROW = f"F1,A1,S1,A3,8.0,major,{ago(100)}"
REQUEST_FOR = {
    "plan_submitted": "plan",
    "plan_approved": "plan/approve",
    "plan_rejected": "plan/reject",
    "implemented": "implement",
    "closed": "close",
    "reopened": "reopen",
    "withdrawn": "withdraw",
}


@st.composite
def lives(draw: st.DrawFn, life: Life) -> list[Transition]:
    """A random way through the states, a few days from step to step."""
    taken: list[Transition] = []
    day = FIRST
    for _ in range(draw(st.integers(0, 14))):
        allowed = sorted(life[findings.state_after(taken)])
        if not allowed:
            break
        day += timedelta(days=draw(st.integers(0, 3)))
        taken.append(Transition(draw(st.sampled_from(allowed)), day))
    return taken


def told_from_the_end(taken: list[Transition]) -> Standing:
    """The same, read the other way round: from the last step back to the last reopening."""
    status = findings.state_after(taken)
    days: dict[str, date] = {}
    for transition in reversed(taken):
        if transition.to == "reopened":
            break
        days.setdefault(transition.to, transition.on)
    return Standing(
        status,
        days.get("implemented") if status in {"implemented", "closed"} else None,
        days["closed"] if status == "closed" else None,
        days["withdrawn"] if status == "withdrawn" else None,
    )


@given(st.one_of(lives(LIFE), lives(RECORDED_LIFE)))
def test_whatever_its_life_a_finding_stands_where_its_last_steps_since_the_last_reopening_led(
    taken: list[Transition],
) -> None:
    assert findings.standing_after(taken) == told_from_the_end(taken)


def test_a_reopening_voids_what_was_done_before_it() -> None:
    days = [FIRST + timedelta(days=number) for number in range(5)]
    closed = [Transition("implemented", days[0]), Transition("closed", days[1])]
    assert findings.standing_after(closed) == Standing("closed", days[0], days[1])
    reopened = [*closed, Transition("reopened", days[2])]
    assert findings.standing_after(reopened) == Standing("open")
    assert findings.standing_after([*reopened, Transition("closed", days[3])]) == Standing("closed", None, days[3])
    assert findings.standing_after([*closed, Transition("withdrawn", days[4])]) == Standing(
        "withdrawn", withdrawn_on=days[4]
    )


async def check_all(stage: Stage) -> list[Standing]:
    """That every finding's columns say what its transitions say; what they say."""
    rows = await stage.psql("audit", "SELECT id, status, implemented_on, closed_on, withdrawn_on FROM finding")
    found = []
    for row in rows:
        steps = await stage.psql(
            "audit",
            'SELECT "to", "on" FROM finding_transition WHERE finding_id = $1 ORDER BY "on", n',
            row["id"],
        )
        standing = findings.standing_after([Transition(taken["to"], taken["on"]) for taken in steps])
        assert Standing(*list(row)[1:]) == standing
        shown = await read(stage, f"/v1/findings/{row['id']}")
        for name in ("implemented_on", "closed_on", "withdrawn_on"):
            day = getattr(standing, name)
            assert shown[name] == (day.isoformat() if day else None)
        found.append(standing)
    return found


@pytest.mark.parametrize("seed", range(6))
async def test_after_steps_at_random_the_columns_say_what_the_transitions_say(stage: Stage, seed: int) -> None:
    chance = random.Random(seed)
    await add_supplier(stage)
    await add_audit(stage, audit_ref="A1")
    # Its plan was approved long ago, so that the steps until the next plan have days of their own.
    await stage.import_file("audit", "findings", f"{HEADER},plan_approved_on\n{ROW},{ago(90)}\n")
    (finding,) = (await read(stage, "/v1/findings"))["items"]
    status, day = finding["status"], 90
    for _ in range(12):
        allowed = sorted(LIFE[status] - ({"withdrawn"} if chance.random() < 0.9 else set()))
        if not allowed:
            break
        to = chance.choice(allowed)
        day = 0 if to == "plan_submitted" else max(day - chance.randint(0, 30), 0)
        answer = await step(
            stage, finding["id"], REQUEST_FOR[to], **({} if to == "plan_submitted" else {"on": ago(day)})
        )
        assert answer.status_code == 200, answer.text
        (standing,) = await check_all(stage)
        status = standing.status


async def test_after_files_with_histories_at_random_the_columns_say_what_the_transitions_say(stage: Stage) -> None:
    chance = random.Random(7)
    await add_supplier(stage)
    await add_audit(stage, audit_ref="A1")
    names = ("plan_approved_on", "implemented_on", "closed_on", "withdrawn_on")
    header = f"{HEADER},{','.join(names)}"
    rows: list[str] = []
    for number in range(40):
        cells: dict[str, Any] = {}
        day = 100
        for name in names:
            if chance.random() < (0.2 if name == "withdrawn_on" else 0.6):
                day -= chance.randint(0, 20)
                cells[name] = ago(day)
        told = ",".join(str(cells.get(name, "")) for name in names)
        rows.append(f"F{number},A1,S1,A3,8.0,major,{ago(100)},{told}")
    run = await stage.import_file("audit", "findings", "\n".join([header, *rows]) + "\n")
    assert run["errors"] == []
    found = await check_all(stage)
    assert len(found) == 40
    assert {standing.status for standing in found} == {"open", "plan_approved", "implemented", "closed", "withdrawn"}


async def test_reopening_takes_the_dates_back_and_the_list_shows_them_too(stage: Stage) -> None:
    await add_supplier(stage)
    finding = await finding_in(stage, await add_audit(stage), "closed")
    assert (finding["implemented_on"], finding["closed_on"]) == (TODAY.isoformat(), TODAY.isoformat())
    (listed,) = (await read(stage, "/v1/findings"))["items"]
    assert listed["closed_on"] == TODAY.isoformat()
    reopened = (await step(stage, finding["id"], "reopen")).json()
    assert [reopened[name] for name in ("implemented_on", "closed_on", "withdrawn_on")] == [None, None, None]
    withdrawn = (await step(stage, finding["id"], "withdraw")).json()
    assert [withdrawn[name] for name in ("implemented_on", "closed_on", "withdrawn_on")] == [
        None, None, TODAY.isoformat(),
    ]  # fmt: skip
