"""The scores of a whole batch as columns, and those that are stored, read as such in one statement."""

# ruff: noqa: S608 - the statement is put together from the names in this file and nothing else

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.days import ABSENT, Days
from services.scoring.domain.evidence import Codes, Floats
from services.scoring.repository.binary_arrays import Kind, read_binary_array

REASONS_APART = "\x1f"
FIGURES = ("score", "base", "credit", "confidence")
HELD: dict[str, tuple[str, Kind]] = {
    "n": ("given.n - 1", "integer"),
    "version": ("score.version", "integer"),
    **{name: (f"score.{name}", "float8") for name in FIGURES},
    "risk_tier": ("coalesce(array_position(CAST(:tiers AS text[]), score.risk_tier), 0) - 1", "integer"),
    "basis": ("coalesce(array_position(CAST(:bases AS text[]), score.basis), 0) - 1", "integer"),
    "policy_version": ("score.policy_version", "integer"),
    "valid_until": (f"coalesce(score.valid_until - DATE '1970-01-01', {ABSENT})", "integer"),
}


@dataclass(frozen=True, slots=True)
class Names:
    """What the codes of tiers and bases stand for, by their place."""

    tiers: Sequence[str]
    bases: Sequence[str]


@dataclass(frozen=True, slots=True)
class Digits:
    """The digits of N scores by row, with their versions; a row without a score has version 0 and NaN as its figures.

    `categories` are N by K. `reasons` are the rules of each tier between REASONS_APART.
    """

    version: Codes
    score: Floats
    base: Floats
    credit: Floats
    confidence: Floats
    categories: Floats
    risk_tier: Codes
    basis: Codes
    reasons: NDArray[np.object_]
    policy_version: Codes
    valid_until: Days

    def differ(self, other: "Digits") -> NDArray[np.bool_]:
        """Which rows differ in what a score says; versions and last days are not part of that."""
        differ: NDArray[np.bool_] = (self.categories != other.categories).any(axis=1)
        for name in (*FIGURES, "risk_tier", "basis", "reasons", "policy_version"):
            differ |= getattr(self, name) != getattr(other, name)
        return differ

    def take(self, rows: NDArray[np.intp]) -> "Digits":
        """Some of the rows."""
        return Digits(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


@cache
def _read_statement(categories: int) -> TextClause:
    columns = [f"array_send(array_agg(CAST({e} AS {kind}))) AS {name}" for name, (e, kind) in HELD.items()]
    columns += [
        f"array_send(array_agg(coalesce(score.categories[{k + 1}], 'NaN'))) AS category_{k}" for k in range(categories)
    ]
    return text(f"""
        SELECT {", ".join(columns)}, array_agg(array_to_string(score.tier_reasons, E'\\x1f')) AS reasons
        FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS given(id, n) JOIN score ON score.supplier_id = given.id
    """)


async def read_digits(session: AsyncSession, supplier_ids: Sequence[UUID], categories: int, names: Names) -> Digits:
    """The stored scores of these suppliers, in their order, with so many categories each."""
    parameters = {"ids": list(supplier_ids), "tiers": list(names.tiers), "bases": list(names.bases)}
    row = (await session.execute(_read_statement(categories), parameters)).one()._mapping  # noqa: SLF001  # documented
    sent = {name: read_binary_array(row[name], kind) for name, (_, kind) in HELD.items()}
    rows, count = sent.pop("n"), len(supplier_ids)
    held = {name: np.full(count, np.nan) for name in FIGURES}
    held |= {name: np.full(count, -1, dtype=np.int64) for name in ("risk_tier", "basis", "policy_version")}
    held |= {"version": np.zeros(count, dtype=np.int64), "valid_until": np.full(count, ABSENT, dtype=np.int32)}
    for name, values in sent.items():
        held[name][rows] = values
    by_category = np.full((count, categories), np.nan)
    for k in range(categories):
        by_category[rows, k] = read_binary_array(row[f"category_{k}"], "float8")
    reasons = np.full(count, None, dtype=object)
    reasons[rows] = row["reasons"] or []
    return Digits(categories=by_category, reasons=reasons, **held)
