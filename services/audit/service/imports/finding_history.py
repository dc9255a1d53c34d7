"""Which dated steps a row of a findings file may record, and what it may change of a finding that is worked on here."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from services.audit.domain import due_dates
from services.audit.domain import findings as life
from services.audit.models import Finding
from services.audit.schemas.rows import FindingRow
from shared.errors import BellwetherError
from shared.imports import Row

STEP_OF_COLUMN: dict[str, life.Step] = {
    "plan_approved_on": "plan_approved",
    "implemented_on": "implemented",
    "closed_on": "closed",
    "withdrawn_on": "withdrawn",
}
"""In the order of a finding's life, which is that of steps on the same day."""

REQUEST_OF_COLUMN = {
    "plan_approved_on": "plan/approve",
    "closed_on": "close",
    "withdrawn_on": "withdraw",
}
"""The decisions on a finding, which no file takes on one that is worked on here."""


class Refused(Exception):
    """Why a row is not taken."""

    def __init__(self, column: str, message: str) -> None:
        """Keep the column at fault and what to say of it."""
        super().__init__(message)
        self.column = column
        self.message = message


def check_fields(finding: Finding, fields: Mapping[str, Any]) -> None:
    """Raise Refused where a file would change what only a request of its own may change of a finding held here."""
    differing = {name: value for name, value in fields.items() if getattr(finding, name) != value}
    if differing and finding.status == "withdrawn":
        raise Refused("", f"finding {finding.finding_ref} is withdrawn; it changes no more")
    if finding.imported:
        return
    severity = differing.get("severity")
    if severity is not None and due_dates.is_lesser(severity, finding.severity):
        raise Refused(
            "severity",
            f"the finding is worked on here, so a file does not lower its severity from {finding.severity}: "
            f"send PATCH /v1/findings/{finding.id}",
        )
    if "due_on" in differing and (differing["due_on"] is not None or finding.due_given):
        raise Refused(
            "due_on",
            f"the finding is worked on here, so a file does not move its due date from {finding.due_on}: "
            f"send POST /v1/findings/{finding.id}/extend",
        )


def steps_of(row: Row[FindingRow]) -> list[tuple[str, life.Transition]]:
    """The steps that a row tells of, each with its column, in the order in which they were taken."""
    steps = []
    for column, to in STEP_OF_COLUMN.items():
        if column not in row.given:
            continue
        on = getattr(row.data, column)
        if on is None:
            remedy = "reopen the finding instead" if to == "closed" else "a step that was recorded stays"
            raise Refused(column, f"{column} cannot be emptied: {remedy}")
        steps.append((column, life.Transition(to, on)))
    return sorted(steps, key=lambda step: step[1].on)


def record_steps(
    held: Finding | None,
    steps: Sequence[tuple[str, life.Transition]],
    taken: Sequence[life.Transition],
    discovered_on: date,
    day: date,
) -> tuple[list[life.Transition], list[life.Transition]]:
    """The steps that are new, and the whole life with them; Refused at a step that a file may not record."""
    recorded: list[life.Transition] = []
    after = list(taken)
    worked_on = held if held is not None and not held.imported else None
    for column, step in steps:
        if step in after:
            continue
        try:
            if worked_on is None:
                after = life.record_step(after, step, discovered_on=discovered_on, today=day)
            else:
                after = _take_step(worked_on, column, step, after, discovered_on, day)
        except BellwetherError as error:
            raise Refused(column, error.detail) from None
        recorded.append(step)
    return recorded, after


def _take_step(
    finding: Finding,
    column: str,
    step: life.Transition,
    taken: Sequence[life.Transition],
    discovered_on: date,
    day: date,
) -> list[life.Transition]:
    """The step as a request would take it: deciding is for people, one after another."""
    if column in REQUEST_OF_COLUMN:
        raise Refused(
            column,
            "the finding is worked on here, so a file does not decide on it: "
            f"send POST /v1/findings/{finding.id}/{REQUEST_OF_COLUMN[column]}",
        )
    return life.take_step(taken, step, discovered_on=discovered_on, today=day)
