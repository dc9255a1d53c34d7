"""Taking some suppliers' evidence out of a batch, as a batch of its own."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from services.scoring.domain.evidence import Evidence, Rows

PARTS = ("audits", "findings", "answers", "asked", "participation", "certificates")


def take(evidence: Evidence, suppliers: Sequence[int] | Rows) -> Evidence:
    """Return the evidence of these rows, each named once, which become rows 0, 1, ... in the order given."""
    wanted = np.asarray(suppliers, dtype=np.intp)
    place = np.full(evidence.suppliers, -1, dtype=np.intp)
    place[wanted] = np.arange(len(wanted))
    parts = {name: _of_suppliers(getattr(evidence, name), place) for name in PARTS}
    country, risks = evidence.country[wanted], evidence.country_risks
    parts["country_risks"] = _of_rows(risks, np.flatnonzero(np.isin(risks.country, np.unique(country))))
    return replace(evidence, country=country, **parts)


def _of_suppliers(part: Any, place: Rows) -> Any:
    """The rows of one kind of evidence whose supplier has a place."""
    rows = np.flatnonzero(place[part.supplier] >= 0)
    kept = _of_rows(part, rows)
    return replace(kept, supplier=place[kept.supplier])


def _of_rows(part: Any, rows: Rows) -> Any:
    return replace(part, **{each.name: _column(getattr(part, each.name), rows) for each in fields(part)})


def _column(column: Any, rows: Rows) -> Any:
    if column is None:
        return None
    return column[rows] if isinstance(column, np.ndarray) else [column[row] for row in rows.tolist()]
