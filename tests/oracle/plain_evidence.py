"""Evidence as it stands in import files: dates, exact fractions and blanks, nothing computed."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any


@dataclass
class Audit:
    site: str
    kind: str
    scope: list[str]
    conducted_on: date
    report_received_on: date | None


@dataclass
class Finding:
    ref: str
    audit: Audit | None
    standard: str
    version: str
    provision: str
    severity: str
    discovered_on: date
    plan_approved_on: date | None = None
    implemented_on: date | None = None
    closed_on: date | None = None
    withdrawn_on: date | None = None
    given_due_on: date | None = None
    site: str | None = None


@dataclass
class Survey:
    year: int
    category: str
    score: Fraction
    submitted_on: date


@dataclass
class Campaign:
    year: int
    due_on: date


@dataclass
class Certificate:
    standard: str
    valid_from: date
    valid_until: date


@dataclass
class Supplier:
    code: str
    country: str = ""
    status: str = "active"
    audits: list[Audit] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    surveys: list[Survey] = field(default_factory=list)
    campaigns: list[Campaign] = field(default_factory=list)
    events_attended: list[tuple[str, str, date]] = field(default_factory=list)  # event_ref, kind, day
    courses_completed: list[tuple[str, date]] = field(default_factory=list)
    certificates: list[Certificate] = field(default_factory=list)


# country -> year -> mean percentile rank
CountryRanks = dict[str, dict[int, Fraction]]


def day_of(text: str | None) -> date | None:
    """Return the date of an ISO date, or None for a blank."""
    return date.fromisoformat(text) if text else None


def utc_day(text: str) -> date:
    """Return the UTC day of an RFC 3339 time."""
    return datetime.fromisoformat(text).astimezone(UTC).date()


def rows_of(folder: Path, name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV file of the folder; none if there is no such file."""
    if (folder / name).exists():
        with (folder / name).open(encoding="utf-8-sig", newline="") as lines:
            for row in csv.DictReader(lines):
                yield {column: (value or "").strip() for column, value in row.items()}


def records_of(folder: Path, name: str) -> list[dict[str, Any]]:
    """Return the list in a JSON file of the folder; empty if there is no such file."""
    if not (folder / name).exists():
        return []
    records: list[dict[str, Any]] = json.loads((folder / name).read_text(encoding="utf-8"))
    return records


def read_country_ranks(folder: Path) -> CountryRanks:
    """Read the percentile ranks per country and year."""
    ranks: CountryRanks = {}
    for row in rows_of(folder, "country_risk.csv"):
        ranks.setdefault(row["country"], {})[int(row["year"])] = Fraction(row["mean_percentile_rank"])
    return ranks


def read_suppliers(folder: Path, today: date) -> dict[str, Supplier]:
    """Read every supplier of the folder with all its evidence, by supplier code."""
    suppliers = {
        row["code"]: Supplier(row["code"], row.get("country", ""), row.get("status") or "active")
        for row in rows_of(folder, "suppliers.csv")
    }
    _read_audits(folder, suppliers)
    for row in rows_of(folder, "surveys.csv"):
        year = int(row["year"])
        submitted_on = day_of(row.get("submitted_on")) or min(date(year, 12, 31), today)
        survey = Survey(year, row["category"], Fraction(row["score"]), submitted_on)
        suppliers[row["supplier_code"]].surveys.append(survey)
    for campaign in records_of(folder, "campaigns.json"):
        for code in campaign["suppliers"]:
            asked = Campaign(campaign["year"], date.fromisoformat(campaign["due_on"]))
            suppliers[code].campaigns.append(asked)
    for row in rows_of(folder, "attendances.csv"):
        attended = (row["event_ref"], row["kind"], utc_day(row["starts_at"]))
        suppliers[row["supplier_code"]].events_attended.append(attended)
    for course in records_of(folder, "courses.json"):
        for completion in course["completions"]:
            completed = (course["course_ref"], date.fromisoformat(completion["completed_on"]))
            suppliers[completion["supplier_code"]].courses_completed.append(completed)
    for record in records_of(folder, "certificates.json"):
        certificate = Certificate(
            record["standard"],
            date.fromisoformat(record["valid_from"]),
            date.fromisoformat(record["valid_until"]),
        )
        suppliers[record["supplier_code"]].certificates.append(certificate)
    return suppliers


def _read_audits(folder: Path, suppliers: dict[str, Supplier]) -> None:
    audits: dict[str, Audit] = {}
    for row in rows_of(folder, "audits.csv"):
        audit = Audit(
            site=row.get("site_code", ""),
            kind=row["kind"],
            scope=[part.strip() for part in row.get("scope", "").split("|") if part.strip()],
            conducted_on=date.fromisoformat(row["conducted_on"]),
            report_received_on=day_of(row.get("report_received_on")),
        )
        audits[row["audit_ref"]] = audit
        suppliers[row["supplier_code"]].audits.append(audit)
    for row in rows_of(folder, "findings.csv"):
        finding = Finding(
            ref=row["finding_ref"],
            audit=audits[row["audit_ref"]] if row["audit_ref"] else None,
            standard=row.get("code_standard") or "RBA",
            version=row["code_version"],
            provision=row["provision"],
            severity=row["severity"],
            discovered_on=date.fromisoformat(row["discovered_on"]),
            plan_approved_on=day_of(row.get("plan_approved_on")),
            implemented_on=day_of(row.get("implemented_on")),
            closed_on=day_of(row.get("closed_on")),
            withdrawn_on=day_of(row.get("withdrawn_on")),
            given_due_on=day_of(row.get("due_on")),
        )
        suppliers[row["supplier_code"]].findings.append(finding)
