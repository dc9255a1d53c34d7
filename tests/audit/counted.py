"""Findings straight in the tables, and plain Python that counts them: what the statistics are held against."""

import random
import statistics
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.ids import new_id
from tests.stage import Stage

TODAY = datetime.now(UTC).date()
COLUMNS = (
    "id, version, finding_ref, supplier_id, audit_id, standard, code_version, provision, severity, site_given, "
    "discovered_on, due_on, due_given, plan_due_on, status, closed_on, withdrawn_on, imported, created_by"
)
UNMENDED = ("open", "plan_submitted", "plan_approved", "plan_rejected")
PROVISIONS = [
    ("RBA", "8.0", "A1"),
    ("RBA", "8.0", "C6"),
    ("RBA", "7.0", "C6"),
    ("RBA", "8.0", "E12"),
    ("RBA", "8.0", "B3"),
]
CATEGORIES = {
    ("8.0", "A1"): "labor_employment",
    ("8.0", "C6"): "product_liability",
    ("7.0", "C6"): "environmental_impact",
    ("8.0", "E12"): "management_system",
    ("8.0", "B3"): "labor_employment",
}

Row = dict[str, Any]


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def finding(supplier: Row, **given: Any) -> Row:
    row = {
        "supplier": supplier,
        "audit": None,
        "provision": ("RBA", "8.0", "A1"),
        "severity": "minor",
        "discovered_on": days_ago(100),
        "due_on": days_ago(-100),
        "status": "open",
        "closed_on": None,
        "withdrawn_on": None,
    }
    return {**row, **given}


async def put(stage: Stage, suppliers: list[Row], audits: list[Row], findings: list[Row]) -> None:
    """Straight into the tables: the figures are what is asked here, and a year's rows are many."""
    for supplier in suppliers:
        await stage.psql(
            "audit",
            "INSERT INTO supplier_copy (id, pos, code, name, country, supply_tier, kind, status) "
            "VALUES ($1, 1, $2, $3, $4, $5, 'general', 'active')",
            *(supplier[name] for name in ("id", "code", "name", "country", "supply_tier")),
        )
    for audit in audits:
        await stage.psql(
            "audit",
            "INSERT INTO audit (id, version, audit_ref, supplier_id, kind, standard, auditor, scope, planned_on, "
            "conducted_on, score, outcome, created_by) "
            "VALUES ($1, 1, $2, $3, $4, 'RBA', $5, '{}', $6, $7, $8, $9, 't')",
            *(audit["id"], str(audit["id"]), audit["supplier"]["id"], audit["kind"], audit.get("auditor")),
            *(audit.get(name) for name in ("planned_on", "conducted_on", "score", "outcome")),
        )
    if findings:
        rows = [
            [new_id(), row["supplier"]["id"], row["audit"] and row["audit"]["id"], *row["provision"]]
            + [row[name] for name in ("severity", "discovered_on", "due_on", "status", "closed_on", "withdrawn_on")]
            for row in findings
        ]
        types = ("uuid", "uuid", "uuid", "text", "text", "text", "text", "date", "date", "text", "date", "date")
        given = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(types, start=1))
        await stage.psql(
            "audit",
            f"INSERT INTO finding ({COLUMNS}) SELECT id, 1, id::text, s, a, st, v, p, sev, false, disc, due, false, "
            f"disc, status, closed, withdrawn, true, 't' "
            f"FROM unnest({given}) AS x(id, s, a, st, v, p, sev, disc, due, status, closed, withdrawn)",
            *(list(column) for column in zip(*rows, strict=True)),
        )


def some_supplier(n: int, country: str | None = "TW", tier: int | None = 1) -> Row:
    return {"id": new_id(), "code": f"S{n:03}", "name": f"Supplier {n}", "country": country, "supply_tier": tier}


def random_programme(seed: int) -> tuple[list[Row], list[Row], list[Row]]:
    some = random.Random(seed)
    suppliers = [some_supplier(n, some.choice(["TW", "CN", None]), some.choice([1, 2, None])) for n in range(12)]
    audits = [
        {"id": new_id(), "supplier": some.choice(suppliers), "kind": some.choice(["vap", "cma"]), "conducted_on": TODAY}
        for _ in range(9)
    ]
    findings = []
    for _ in range(600):
        discovered = days_ago(some.randrange(0, 800))
        status = some.choice(
            ["open", "plan_submitted", "plan_approved", "implemented", "closed", "closed", "withdrawn"]
        )
        until = (TODAY - discovered).days
        later = discovered + timedelta(days=some.randrange(until + 1))
        findings.append(
            finding(
                some.choice(suppliers),
                audit=some.choice([*audits, None]),
                provision=some.choice(PROVISIONS),
                severity=some.choice(["minor", "major", "priority"]),
                discovered_on=discovered,
                due_on=discovered + timedelta(days=some.randrange(400)),
                status=status,
                closed_on=later if status == "closed" else None,
                withdrawn_on=later if status == "withdrawn" else None,
            )
        )
    return suppliers, audits, findings


KEYS: dict[str, Callable[[Row], Any]] = {
    "provision": lambda row: row["provision"],
    "category": lambda row: CATEGORIES[row["provision"][1:]],
    "severity": lambda row: row["severity"],
    "country": lambda row: row["supplier"]["country"],
    "supply_tier": lambda row: row["supplier"]["supply_tier"] and str(row["supplier"]["supply_tier"]),
    "status": lambda row: row["status"],
    "supplier": lambda row: row["supplier"]["code"],
    "audit_kind": lambda row: row["audit"] and row["audit"]["kind"],
    "month": lambda row: row["discovered_on"].isoformat()[:7],
}


def year_before(day: date) -> date:
    return day.replace(year=day.year - 1) if (day.month, day.day) != (2, 29) else date(day.year - 1, 2, 28)


def in_percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 2) if whole else None


def expected(now: list[Row], before: list[Row], as_of: date) -> Row:
    """The figures of `now`, the findings of the period, and `before`, those of a year earlier."""
    live = [row for row in now if row["withdrawn_on"] is None]
    earlier = [row for row in before if row["withdrawn_on"] is None]
    days = sorted(
        (row["closed_on"] - row["discovered_on"]).days for row in live if row["closed_on"] and row["closed_on"] <= as_of
    )

    def at(share: float) -> float:
        place = share * (len(days) - 1)
        low = int(place)
        high = min(low + 1, len(days) - 1)
        return round(days[low] + (place - low) * (days[high] - days[low]), 2)

    improved_before = [row for row in earlier if row["closed_on"] and row["closed_on"] <= year_before(as_of)]
    mended = [row for row in live if row["status"] in UNMENDED]
    return {
        "findings": len(live),
        "withdrawn": len(now) - len(live),
        "suppliers": len({row["supplier"]["code"] for row in live}),
        "open": len(mended),
        "implemented": sum(row["status"] == "implemented" for row in live),
        "closed": sum(row["status"] == "closed" for row in live),
        "overdue": sum(row["due_on"] < TODAY for row in mended),
        "improved": len(days),
        "improvement_rate_percent": in_percent(len(days), len(live)),
        "days_to_close": {
            "n": len(days),
            "mean": round(statistics.fmean(days), 2) if days else None,
            "median": at(0.5) if days else None,
            "p90": at(0.9) if days else None,
        },
        "previous": {
            "findings": len(earlier),
            "improvement_rate_percent": in_percent(len(improved_before), len(earlier)),
        },
        "change_percent": in_percent(len(live) - len(earlier), len(earlier)),
    }


def near(figures: Row) -> Row:
    """Two decimals may be rounded from either side of a tie."""
    loose = {name: pytest.approx(value, abs=0.0101) for name, value in figures.items() if isinstance(value, float)}
    parts = {name: near(value) for name, value in figures.items() if isinstance(value, dict)}
    return {**figures, **loose, **parts}


async def ask(stage: Stage, **params: Any) -> Row:
    async with stage.machine("audit", "audit:read") as client:
        answer = await client.get("/v1/statistics/findings", params=params)
        assert answer.status_code == 200, answer.text
        body: Row = answer.json()
        return body
