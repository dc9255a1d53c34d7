"""The quarter's end on what was loaded: review, publication by a second person, allocation, approval."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bellwether.api import Api
from local.errors import LocalError
from local.load import latest_quarter
from local.progress import Progress

RUNNING = frozenset({"queued", "running", "waiting", "computing"})
WORK_SECONDS = 300.0


@dataclass(slots=True)
class Outcome:
    """What the reports are printed from."""

    quarter: str | None = None
    allocations: list[dict[str, Any]] = field(default_factory=list)


def review_quarter(manager: Api, second_person: Api, folder: Path, progress: Progress) -> Outcome:
    """Review the latest quarter of the data and allocate its orders, as far as the data allows."""
    outcome = Outcome(latest_quarter(folder))
    if outcome.quarter is None:
        progress.say("No sourcing.csv and no performance.csv: there is no quarter to review and no order to allocate.")
        return outcome
    with progress.step(f"Quarterly business review {outcome.quarter}"):
        accepted = manager.post("scoring", "/v1/qbrs", {"quarter": outcome.quarter})
        _succeeded(manager.finished("scoring", accepted, RUNNING, WORK_SECONDS), f"The review of {outcome.quarter}")
    with progress.step("Published by a person"):
        second_person.change("scoring", f"/v1/qbrs/{outcome.quarter}", "publish")
    if not (folder / "sourcing.csv").is_file():
        progress.say("No sourcing.csv: there are no orders to allocate.")
        return outcome
    with progress.step("Order allocation") as notes:
        accepted = manager.post("scoring", "/v1/allocations", {"qbr_quarter": outcome.quarter})
        _succeeded(manager.finished("scoring", accepted, RUNNING, WORK_SECONDS), "The allocation")
        proposed = list(manager.items("scoring", "/v1/allocations", quarter=outcome.quarter, status="proposed"))
        notes.append(f"of {len(proposed)} commodities")
    with progress.step("Approved by a person"):
        for allocation in proposed:
            second_person.change("scoring", f"/v1/allocations/{allocation['id']}", "approve")
    outcome.allocations = [manager.get("scoring", f"/v1/allocations/{allocation['id']}") for allocation in proposed]
    return outcome


def _succeeded(state: dict[str, Any], what: str) -> None:
    if state["status"] == "failed":
        raise LocalError(f"{what} failed: {state.get('error') or state}")
