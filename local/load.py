"""Loads a folder of CSV and JSON files through the REST API, in the order in which one needs the other."""

import csv
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bellwether.api import Api
from local.errors import LocalError
from local.programme import CAMPAIGNS, CERTIFICATES, COURSES, EVENTS, OPENING_BALANCE, Records, create_records
from local.progress import Progress

RUNNING = frozenset({"queued", "running"})
IMPORT_SECONDS = 1800.0
ERRORS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Import:
    """A file of a programme, and where it is imported."""

    file: str
    service: str
    kind: str


LOADED: tuple[Import | Records, ...] = (
    Import("country_risk.csv", "scoring", "country-risks"),
    Import("suppliers.csv", "registry", "suppliers"),
    Import("sites.csv", "registry", "sites"),
    CERTIFICATES,
    Import("audits.csv", "audit", "audits"),
    Import("findings.csv", "audit", "findings"),
    # An answer belongs to its year's campaign, a row of attendances to its event: both are there first.
    CAMPAIGNS,
    Import("surveys.csv", "audit", "surveys"),
    OPENING_BALANCE,
    EVENTS,
    Import("attendances.csv", "engagement", "attendances"),
    COURSES,
    Import("performance.csv", "scoring", "performance"),
    Import("commodities.csv", "scoring", "commodities"),
    Import("sourcing.csv", "scoring", "sourcing"),
)


def files_in(folder: Path) -> list[Import | Records]:
    """What is loaded from `folder`; LocalError if it is no folder, or has none of the CSV files."""
    if not folder.is_dir():
        raise LocalError(f"{folder} is not a folder. DATA names a folder with CSV files.")
    found = [item for item in LOADED if (folder / item.file).is_file()]
    if not any(isinstance(item, Import) for item in found):
        names = ", ".join(item.file for item in LOADED if isinstance(item, Import))
        raise LocalError(f"{folder} has none of the files that can be loaded: {names}.")
    return found


def load_folder(api: Api, folder: Path, progress: Progress) -> None:
    """Load every known file; wrong lines of an import are shown and left out, a failed one is a LocalError."""
    known = files_in(folder)
    for path in sorted([*folder.glob("*.csv"), *folder.glob("*.json")]):
        if path.name not in {item.file for item in known}:
            progress.say(f"{path.name} is not one of the files that are loaded; it is left out.")
    for item in known:
        if isinstance(item, Records):
            with progress.step(item.title) as notes:
                notes.append(create_records(api, item, folder / item.file))
        else:
            _import(api, item, folder / item.file, progress)


def wait_until_fresh(api: Api, seconds: float = 600.0) -> None:
    """Return when scoring has read and scored everything that the other services hold."""
    deadline = time.monotonic() + seconds
    while True:
        freshness = api.get("scoring", "/v1/freshness")
        if is_fresh(freshness):
            return
        if time.monotonic() > deadline:
            raise LocalError(f"Scoring has not caught up after {seconds:.0f} s: {freshness}")
        time.sleep(0.3)


def is_fresh(freshness: dict[str, Any]) -> bool:
    """Whether every cursor is at its source's head and nothing waits to be scored."""
    heads = [(source["head"], source["cursor"]) for source in freshness["sources"]]
    # A service that is away has no head, and may know more than was read.
    return not freshness["dirty"] and all(head is not None and cursor >= head for head, cursor in heads)


def latest_quarter(folder: Path) -> str | None:
    """The quarter to review: the latest of sourcing.csv, or without that of performance.csv; None without both."""
    for name in ("sourcing.csv", "performance.csv"):
        path = folder / name
        if path.is_file():
            with path.open(encoding="utf-8-sig", newline="") as lines:
                quarters = {row["quarter"].strip() for row in csv.DictReader(lines) if row.get("quarter")}
            if quarters:
                return max(quarters)
    return None


def _import(api: Api, item: Import, path: Path, progress: Progress) -> None:
    if item.service == "scoring" and item.kind != "country-risks":
        # Scoring refuses lines of suppliers that it has not heard of yet.
        wait_until_fresh(api)
    with progress.step(f"Import {item.kind}") as notes:
        accepted = api.call(
            "POST",
            item.service,
            f"/v1/imports/{item.kind}",
            content=path.read_bytes(),
            headers={"Content-Type": "text/csv"},
        )
        result = api.finished(item.service, accepted, RUNNING, IMPORT_SECONDS)
        notes.append(f"{result['succeeded']} of {result['total']} lines")
    if result["failed"]:
        _show_errors(api, item, result, progress)
    if result["status"] == "failed":
        raise LocalError(f"The import of {item.file} failed: {result.get('error') or 'no line could be read'}.")


def _show_errors(api: Api, item: Import, result: dict[str, Any], progress: Progress) -> None:
    progress.say(f"{item.file}: {result['failed']} lines were refused, the first of them:")
    page = api.get(item.service, f"/v1/imports/{result['id']}/errors", limit=ERRORS_SHOWN)
    for error in page["items"]:
        where = f"line {error['line']}" + (f", {error['column']}" if error.get("column") else "")
        progress.note(f"    {where}: {error['message']}")
