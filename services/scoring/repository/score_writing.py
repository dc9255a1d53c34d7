"""Storing the scores of a batch in one statement: the current ones, their history, and what the feed tells of them."""

# ruff: noqa: S608 - the statement is put together from the names in this file and nothing else

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.days import ABSENT
from services.scoring.repository.evidence import Positions
from services.scoring.repository.score_columns import FIGURES, Digits, Names
from shared import tracing
from shared.ids import new_ids

Flags = NDArray[np.bool_]
SHARED = {
    "policy_version": "smallint",
    "as_of": "date",
    **{f"{source}_pos": "bigint" for source in Positions.__slots__},
    "computed_at": "timestamptz",
}
"""What all scores of a batch have in common, by column."""


@dataclass(frozen=True, slots=True)
class Written:
    """N scores to store. `previous_tier` is -1 where there was no score.

    `in_history`, `changed` and `tier_changed` say which go into the history, and of which the feed tells.
    """

    supplier_ids: Sequence[UUID]
    supplier_codes: Sequence[str]
    digits: Digits
    previous_tier: NDArray[np.int64]
    in_history: Flags
    changed: Flags
    tier_changed: Flags


@dataclass(frozen=True, slots=True)
class Coordinates:
    """What all scores of a batch share: at these, recomputing them gives the same digits."""

    policy_version: int
    as_of: date
    positions: Positions
    computed_at: datetime


async def write_scores(
    session: AsyncSession, written: Written, at: Coordinates, categories: Sequence[str], names: Names
) -> None:
    """Store scores under the policy with these categories, with history and events."""
    digits = written.digits
    reason_lists, reasons = np.unique(digits.reasons.astype(str), return_inverse=True)
    parameters: dict[str, Any] = {
        "supplier_id": list(written.supplier_ids),
        "code": list(written.supplier_codes),
        **{name: getattr(digits, name).tolist() for name in ("version", *FIGURES, "risk_tier", "basis")},
        **{f"category_{k}": digits.categories[:, k].tolist() for k in range(len(categories))},
        "reasons": reasons.tolist(),
        "days": digits.valid_until.tolist(),
        "previous": written.previous_tier.tolist(),
        "history_id": _ids_where(written.in_history),
        "event_id": _ids_where(written.changed),
        "tier_event_id": _ids_where(written.tier_changed),
        "reason_lists": reason_lists.tolist(),
        "category_names": list(categories),
        "tiers": list(names.tiers),
        "bases": list(names.bases),
        "policy_version": at.policy_version,
        "as_of": at.as_of,
        "computed_at": at.computed_at,
        "computed_at_text": at.computed_at.isoformat(),
        "trace": tracing.current(),
        **{f"{source}_pos": getattr(at.positions, source) for source in Positions.__slots__},
    }
    await session.execute(_statement(len(categories)), parameters)


def _ids_where(wanted: Flags) -> list[UUID | None]:
    fresh = iter(new_ids(int(wanted.sum())))
    return [next(fresh) if each else None for each in wanted.tolist()]


def _json(pairs: dict[str, str]) -> str:
    return f"jsonb_build_object({', '.join(f'{name}, {value}' for name, value in pairs.items())})"


@cache
def _statement(categories: int) -> TextClause:
    places = range(categories)
    arrays = {
        "supplier_id": "uuid",
        "code": "text",
        "version": "integer",
        **dict.fromkeys((*FIGURES, *(f"category_{k}" for k in places)), "float8"),
        **dict.fromkeys(("risk_tier", "basis", "reasons", "days", "previous"), "integer"),
        **dict.fromkeys(("history_id", "event_id", "tier_event_id"), "uuid"),
    }
    own = {
        **{name: name for name in FIGURES},
        "categories": f"ARRAY[{', '.join(f'category_{k}' for k in places)}]",
        "risk_tier": "(CAST(:tiers AS text[]))[risk_tier + 1]",
        "basis": "(CAST(:bases AS text[]))[basis + 1]",
        "tier_reasons": "string_to_array((CAST(:reason_lists AS text[]))[reasons + 1], E'\\x1f')",
    }
    given = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in arrays.items())
    columns = ", ".join([*own, *SHARED])
    values = ", ".join([*own.values(), *(f"CAST(:{name} AS {kind})" for name, kind in SHARED.items())])
    until = f"CASE WHEN days < {ABSENT} THEN DATE '1970-01-01' + days END"
    update = ", ".join(f"{name} = excluded.{name}" for name in ("version", "valid_until", *own, *SHARED))
    supplier = {"'supplier_id'": "supplier_id", "'supplier_code'": "code"}
    score = supplier | {f"'{name}'": value for name, value in own.items()}
    score["'categories'"] = _json({f"(CAST(:category_names AS text[]))[{k + 1}]": f"category_{k}" for k in places})
    score |= {
        "'policy_version'": "CAST(:policy_version AS smallint)",
        "'as_of'": "CAST(:as_of AS date)",
        "'computed_at'": "CAST(:computed_at_text AS text)",
    }
    tier = supplier | {
        "'risk_tier'": own["risk_tier"],
        "'previous'": "(CAST(:tiers AS text[]))[previous + 1]",
        "'tier_reasons'": own["tier_reasons"],
        "'score_version'": "version",
    }
    event = "INSERT INTO feed_event (id, type, resource, resource_id, version, time, data, trace)"
    now, trace = "CAST(:computed_at AS timestamptz)", "CAST(:trace AS text)"
    return text(f"""
        WITH given AS MATERIALIZED (SELECT * FROM unnest({given}) AS row({", ".join(arrays)})),
        stored AS (
            INSERT INTO score (supplier_id, version, valid_until, {columns})
            SELECT supplier_id, version, {until}, {values} FROM given
            ON CONFLICT (supplier_id) DO UPDATE SET {update}
        ),
        kept AS (
            INSERT INTO score_history (id, supplier_id, score_version, {columns})
            SELECT history_id, supplier_id, version, {values} FROM given WHERE history_id IS NOT NULL
        ),
        told AS (
            {event}
            SELECT event_id, 'score.changed', 'score', supplier_id, version, {now}, {_json(score)}, {trace}
            FROM given WHERE event_id IS NOT NULL
        )
        {event}
        SELECT tier_event_id, 'risk_tier.changed', 'risk_tier', supplier_id, version, {now}, {_json(tier)}, {trace}
        FROM given WHERE tier_event_id IS NOT NULL
    """)
