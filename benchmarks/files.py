"""Files that are imported: suppliers, an audit of each, and findings."""

import csv
import io
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from services.audit.schemas.rows import FindingRow

COLUMNS = (
    "finding_ref",
    "audit_ref",
    "supplier_code",
    "provision",
    "code_version",
    "severity",
    "discovered_on",
    "closed_on",
    "description",
)
PROVISIONS = [f"{section}{n}" for section, last in zip("ABCDE", (6, 8, 8, 8, 12), strict=True) for n in range(1, last)]
assert set(COLUMNS) <= FindingRow.model_fields.keys()  # noqa: S101  # a file that is refused measures nothing

Row = tuple[object, ...]


def conducted_on() -> date:
    """The day of all audits."""
    return datetime.now(UTC).date() - timedelta(days=200)


def suppliers(count: int) -> bytes:
    """A file of suppliers."""
    return as_csv(("code", "name", "country"), ((f"S{n}", f"Supplier {n}", "TW") for n in range(count)))


def audits(count: int) -> bytes:
    """A file with an audit of each supplier."""
    rows = ((f"A{n}", f"S{n}", "vap", "RBA VAP 8.0", conducted_on()) for n in range(count))
    return as_csv(("audit_ref", "supplier_code", "kind", "standard", "conducted_on"), rows)


def findings(count: int, suppliers: int, prefix: str) -> list[Row]:
    """Findings, half of them closed."""
    random_ = random.Random(count)  # noqa: S311  # nobody is to be surprised
    day = conducted_on()
    closed_on = day + timedelta(days=40)

    def row(n: int) -> Row:
        severity = random_.choices(("priority", "major", "minor"), (1, 5, 14))[0]
        supplier = random_.randrange(suppliers)
        described = f"Overtime records of line {n} do not agree with the gate's"
        return (f"{prefix}{n}", f"A{supplier}", f"S{supplier}", random_.choice(PROVISIONS), "8.0", severity,
                day, closed_on if n % 2 else "", described)  # fmt: skip

    return [row(n) for n in range(count)]


def as_csv(header: tuple[str, ...], rows: Iterator[Row] | list[Row]) -> bytes:
    """The bytes of a file."""
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()
