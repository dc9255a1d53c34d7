"""The sample programme's files fit the imports and each other, and its engagement adds up."""

import json
from collections import Counter
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.plain_evidence import records_of, rows_of, utc_day

SAMPLE = Path(__file__).parents[2] / "local" / "sample"
LAST_DAY_OF_RECORDS = date(2026, 11, 20)

IMPORT_COLUMNS = {  # file: (needed, allowed besides)
    "suppliers": (
        "code name",
        (
            "country status aliases supply_tier kind commodities parent_code annual_spend currency email "
            "erp_system erp_id duns lei"
        ),
    ),
    "sites": ("supplier_code site_code address country", "name first_listed last_listed latitude longitude"),
    "audits": (
        "audit_ref supplier_code kind standard conducted_on",
        "auditor report_received_on score scope site_code outcome",
    ),
    "findings": (
        "finding_ref audit_ref supplier_code provision code_version severity discovered_on",
        "code_standard closed_on plan_approved_on implemented_on withdrawn_on due_on description",
    ),
    "surveys": ("supplier_code year category score", "submitted_on"),
    "attendances": (
        "event_ref kind title starts_at ends_at supplier_code",
        "person_ref persons joined_at left_at rating",
    ),
    "country_risk": ("country year source mean_percentile_rank", ""),
    "performance": ("supplier_code quarter quality cost delivery service", ""),
    "commodities": ("commodity description", ""),
    "sourcing": (
        "quarter commodity supplier_code baseline_share",
        "capacity_share max_share min_share blocked",
    ),
}
NATURAL_KEYS = {
    "suppliers": ("code",),
    "sites": ("site_code",),
    "audits": ("audit_ref",),
    "findings": ("finding_ref",),
    "surveys": ("supplier_code", "year", "category"),
    "attendances": ("event_ref", "supplier_code", "person_ref"),
    "country_risk": ("country", "year", "source"),
    "performance": ("supplier_code", "quarter"),
    "commodities": ("commodity",),
    "sourcing": ("quarter", "commodity", "supplier_code"),
}


def rows(name: str) -> list[dict[str, str]]:
    return list(rows_of(SAMPLE, f"{name}.csv"))


def records(name: str) -> list[Any]:
    return records_of(SAMPLE, f"{name}.json")


@pytest.mark.parametrize("name", IMPORT_COLUMNS)
def test_columns_are_those_of_the_import(name: str) -> None:
    needed, optional = (set(columns.split()) for columns in IMPORT_COLUMNS[name])
    columns = set(rows(name)[0])
    assert needed <= columns <= needed | optional


@pytest.mark.parametrize("name", NATURAL_KEYS)
def test_no_two_rows_have_the_same_natural_key(name: str) -> None:
    keys = Counter(tuple(row[column] for column in NATURAL_KEYS[name]) for row in rows(name))
    assert [key for key, times in keys.items() if times > 1] == []


def test_every_code_that_is_referred_to_exists() -> None:
    suppliers = {row["code"] for row in rows("suppliers")}
    for name in ("sites", "audits", "findings", "surveys", "attendances", "performance", "sourcing"):
        assert {row["supplier_code"] for row in rows(name)} <= suppliers, name
    courses = records("courses")
    assert {view["supplier_code"] for course in courses for view in course["views"]} <= suppliers
    assert {done["supplier_code"] for course in courses for done in course["completions"]} <= suppliers
    assert {certificate["supplier_code"] for certificate in records("certificates")} <= suppliers
    assert {code for campaign in records("campaigns") for code in campaign["suppliers"]} <= suppliers
    assert {row["parent_code"] for row in rows("suppliers")} <= suppliers | {""}
    sites = {(row["supplier_code"], row["site_code"]) for row in rows("sites")}
    assert {(row["supplier_code"], row["site_code"]) for row in rows("audits")} <= sites
    audits = {(row["supplier_code"], row["audit_ref"]) for row in rows("audits")}
    assert {(row["supplier_code"], row["audit_ref"]) for row in rows("findings")} <= audits
    findings = {row["finding_ref"] for row in rows("findings")}
    assert {ref for event in records("events") for ref in event.get("findings_treated", [])} <= findings
    commodities = {row["commodity"] for row in rows("commodities")}
    assert {row["commodity"] for row in rows("sourcing")} <= commodities
    assert {row["commodities"] for row in rows("suppliers")} <= commodities | {""}
    assert {row["country"] for row in rows("suppliers")} == {row["country"] for row in rows("country_risk")}


def test_nothing_is_recorded_after_the_last_day_of_records() -> None:
    columns = ("conducted_on", "report_received_on", "discovered_on", "plan_approved_on", "implemented_on")
    columns += ("closed_on", "withdrawn_on", "submitted_on")
    days = [
        date.fromisoformat(row[column])
        for name in ("audits", "findings", "surveys")
        for row in rows(name)
        for column in columns
        if row.get(column)
    ]
    days += [utc_day(row["ends_at"]) for row in rows("attendances")]
    days += [date.fromisoformat(view["viewed_on"]) for course in records("courses") for view in course["views"]]
    assert max(days) <= LAST_DAY_OF_RECORDS


def test_findings_go_through_their_states_in_order() -> None:
    for row in rows("findings"):
        columns = ("discovered_on", "plan_approved_on", "implemented_on", "closed_on")
        days = [row[column] for column in columns if row[column]]
        assert days == sorted(days), row["finding_ref"]


def test_events_are_the_ones_attended() -> None:
    columns = ("event_ref", "kind", "title")
    attended = {
        (*(row[column] for column in columns), moment(row["starts_at"]), moment(row["ends_at"]))
        for row in rows("attendances")
    }
    held = {
        (*(event[column] for column in columns), moment(event["starts_at"]), moment(event["ends_at"]))
        for event in records("events")
    }
    assert attended == held
    kinds = Counter(event["kind"] for event in records("events"))
    assert kinds == {"forum": 2, "training": 4, "support_meeting": 4}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_the_engagement_of_the_year_brings_the_running_totals_to_those_published() -> None:
    person_times = sum(int(row["persons"] or 1) for row in rows("attendances"))
    lengths = [moment(event["ends_at"]) - moment(event["starts_at"]) for event in records("events")]
    session_hours = sum(length.total_seconds() for length in lengths) / 3600
    assert (person_times, session_hours) == (386, 21)
    opening = json.loads((SAMPLE / "opening_balance.json").read_text(encoding="utf-8"))
    assert (opening["person_times"] + person_times, opening["session_hours"] + session_hours) == (4423, 690)
    opened = date.fromisoformat(opening["as_of"])
    assert all(opened < utc_day(event["starts_at"]) <= date(2026, 12, 31) for event in records("events"))


def test_over_ninety_percent_are_satisfied() -> None:
    ratings = [int(row["rating"]) for row in rows("attendances") if row["rating"]]
    assert len(ratings) == 292
    assert sum(rating >= 4 for rating in ratings) / len(ratings) > 0.9


def test_the_courses_are_viewed_over_340_times() -> None:
    assert sum(view["views"] for course in records("courses") for view in course["views"]) == 353
    assert {course["topic"] for course in records("courses")} == {"ISO 14001", "ISO 45001", "ISO 50001", "RBA"}


def test_shares_of_a_commodity_sum_to_one() -> None:
    sums: dict[str, Fraction] = {}
    for row in rows("sourcing"):
        sums[row["commodity"]] = sums.get(row["commodity"], Fraction(0)) + Fraction(row["baseline_share"])
    assert sums == dict.fromkeys(("ASM", "PCB", "BAT", "CAS", "PWR", "CON"), Fraction(1))
