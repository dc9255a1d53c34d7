"""Reading the evidence on suppliers as the columns that the domain scores."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain import days, evidence, finding_dates
from services.scoring.domain.kinds import participation_code
from services.scoring.domain.policy import SEVERITIES, Policy
from services.scoring.repository.binary_arrays import read_binary_array
from services.scoring.repository.evidence_sql import NUMBERS, Known, evidence_statement

PROVISION_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Positions:
    """How far each source's feed had been read."""

    registry: int
    audit: int
    engagement: int
    scoring: int


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Whose score, of which day, at which positions."""

    supplier_id: UUID
    day: date
    positions: Positions


@dataclass(frozen=True, slots=True)
class KnownSupplier:
    """A supplier that the registry has told of."""

    row: int
    code: str
    name: str
    status: str
    country: str | None


@dataclass(frozen=True, slots=True)
class Batch:
    """The evidence on the suppliers asked for, one row each, in their order.

    `rows`, `ids` and `codes` are those that the registry has told of and that are not merged into another; the rows of
    the others are empty and must not be scored.
    """

    evidence: evidence.Evidence
    positions: Positions
    rows: NDArray[np.intp]
    ids: Sequence[UUID]
    codes: Sequence[str]
    names: Sequence[str]
    statuses: Sequence[str]
    countries: Sequence[str | None]

    @property
    def known(self) -> dict[UUID, KnownSupplier]:
        """The same, supplier by supplier."""
        columns = (self.rows.tolist(), self.codes, self.names, self.statuses, self.countries)
        return {supplier_id: KnownSupplier(*told) for supplier_id, *told in zip(self.ids, *columns, strict=True)}


@cache
def _statement(known: Known, with_ids: bool) -> TextClause:
    return text(evidence_statement(known, with_ids=with_ids))


async def load_evidence(
    session: AsyncSession,
    supplier_ids: Sequence[UUID],
    day: date,
    policy: Policy,
    *,
    at: Positions | None = None,
    with_ids: bool = False,
) -> Batch:
    """The evidence on `supplier_ids` as it stands on `day`: as known now, or `at` earlier positions.

    `with_ids` adds the ids that explanations name.
    """
    parameters: dict[str, Any] = {"ids": list(supplier_ids), "day": day, "absent": days.ABSENT}
    if at is not None:
        parameters |= {f"{source}_pos": getattr(at, source) for source in Positions.__slots__}
    row = (await session.execute(_statement("now" if at is None else "at", with_ids), parameters)).one()
    columns = _Columns(row)
    found = _evidence(columns, len(supplier_ids), lambda _row: day, policy, with_ids=with_ids)
    return Batch(
        found,
        Positions(row.registry, row.audit, row.engagement, row.scoring),
        columns.rows("supplier"),
        *(columns.list(f"supplier_{name}") for name in ("id", "code", "name", "status", "country")),
    )


async def load_each(
    session: AsyncSession, wanted: Sequence[Coordinates], policy: Policy
) -> tuple[evidence.Evidence, list[bool]]:
    """The evidence at coordinates of which each has its own day and positions, one row each, in one statement.

    Also whether the supplier of each row was known there and had a score of its own; the rows of others are empty.
    """
    parameters: dict[str, Any] = {
        "ids": [one.supplier_id for one in wanted],
        "days": [one.day for one in wanted],
        "absent": days.ABSENT,
    }
    for source in Positions.__slots__:
        parameters[f"{source}_pos"] = [getattr(one.positions, source) for one in wanted]
    columns = _Columns((await session.execute(_statement("each", with_ids=False), parameters)).one())
    found = _evidence(columns, len(wanted), lambda row: wanted[row].day, policy, with_ids=False)
    is_known = np.zeros(len(wanted), dtype=np.bool_)
    is_known[columns.rows("supplier")] = True
    return found, is_known.tolist()


def _evidence(
    columns: "_Columns", suppliers: int, day_of: Callable[[int], date], policy: Policy, *, with_ids: bool
) -> evidence.Evidence:
    """The columns as the domain has them; `day_of` tells the day on which the evidence of a row is to stand."""
    countries, sites = _Numbers(evidence.UNKNOWN_COUNTRY), _Numbers(evidence.NO_SITE)
    country = np.full(suppliers, evidence.UNKNOWN_COUNTRY, dtype=np.int64)
    country[columns.rows("supplier")] = _codes(columns.list("supplier_country"), countries)
    return evidence.Evidence(
        country=country,
        country_risks=evidence.CountryRisks(
            country=_codes(columns.list("risk_country"), countries),
            year=columns.codes("risk_year"),
            percentile_rank=columns.floats("risk_rank"),
            ids=columns.ids("risk", with_ids=with_ids),
        ),
        audits=evidence.Audits(
            supplier=columns.rows("audit"),
            site=_codes(columns.list("audit_site"), sites),
            kind=_codes(columns.list("audit_kind"), _Mapped(evidence.AUDIT_KINDS.index)),
            conducted_on=columns.days("audit_conducted_on"),
            scope=_codes(columns.list("audit_scope"), _Mapped(lambda s: policy.scope_mask(s.split(",") if s else ()))),
            ids=columns.ids("audit", with_ids=with_ids),
        ),
        findings=_findings(columns, sites, day_of, policy, with_ids=with_ids),
        answers=evidence.Answers(
            supplier=columns.rows("answer"),
            category=_codes(columns.list("answer_category"), _Mapped(lambda name: policy.category_index.get(name, -1))),
            score=columns.floats("answer_score"),
            submitted_on=columns.days("answer_submitted_on"),
            ids=columns.ids("answer", with_ids=with_ids),
        ),
        asked=evidence.Asked(
            supplier=columns.rows("asked"),
            due_on=columns.days("asked_due_on"),
            submitted_on=columns.days("asked_submitted_on"),
            ids=columns.ids("asked", with_ids=with_ids),
        ),
        participation=evidence.Participation(
            supplier=columns.rows("participation"),
            kind=_codes(columns.list("participation_kind"), _Mapped(participation_code)),
            identity=columns.codes("participation_subject"),
            on=columns.days("participation_on_day"),
            ids=columns.ids("participation", with_ids=with_ids),
        ),
        certificates=evidence.Certificates(
            supplier=columns.rows("certificate"),
            standard=_codes(columns.list("certificate_standard"), _Mapped(policy.certificate_code)),
            valid_from=columns.days("certificate_valid_from"),
            valid_until=columns.days("certificate_valid_until"),
            ids=columns.ids("certificate", with_ids=with_ids),
        ),
        site_ids=sites.names(),
    )


def _findings(
    columns: "_Columns", sites: "_Numbers", day_of: Callable[[int], date], policy: Policy, *, with_ids: bool
) -> evidence.Findings:
    category_of = cache(lambda key: policy.category_of(*key.split(PROVISION_SEPARATOR)))
    provisions = columns.list("finding_provision")
    dates = {
        name: columns.days(f"finding_{name}") for name in ("approved_on", "implemented_on", "closed_on", "withdrawn_on")
    }
    supplier = columns.rows("finding")
    for row, transitions in enumerate(columns.list("finding_transitions")):
        if transitions is not None:
            _go_back(dates, row, transitions, day_of(int(supplier[row])))
    return evidence.Findings(
        supplier=supplier,
        site=_codes(columns.list("finding_site"), sites),
        category=_codes(provisions, _Mapped(lambda key: category_of(key).category)),
        severity=_codes(columns.list("finding_severity"), _Mapped(SEVERITIES.index)),
        discovered_on=columns.days("finding_discovered_on"),
        due_on=columns.days("finding_due_on"),
        **dates,
        by_section=_codes(provisions, _Mapped(lambda key: category_of(key).by_section)).astype(np.bool_),
        provisions=[key.split(PROVISION_SEPARATOR) for key in provisions] if with_ids else None,
        ids=columns.ids("finding", with_ids=with_ids),
    )


def _go_back(dates: dict[str, days.Days], row: int, transitions: str, day: date) -> None:
    """Put a finding's dates back to what they were on a day before its last rejection or reopening."""
    steps = [(step["to"], date.fromisoformat(step["on"])) for step in json.loads(transitions)]
    effective = finding_dates.effective_dates(steps, day)
    for name, column in dates.items():
        on = getattr(effective, name)
        column[row] = days.ABSENT if on is None else days.from_date(on)


class _Mapped(dict[Any, int]):
    """Codes of values of which few differ: each is looked up once."""

    def __init__(self, code_of: Callable[[Any], int]) -> None:
        super().__init__()
        self._code_of = code_of

    def __missing__(self, value: Any) -> int:
        code = self[value] = self._code_of(value)
        return code


class _Numbers(dict[str | None, int]):
    """Numbers names in the order in which they come; None has a number of its own."""

    def __init__(self, absent: int) -> None:
        super().__init__({None: absent})

    def __missing__(self, name: str | None) -> int:
        number = self[name] = len(self) - 1
        return number

    def names(self) -> list[str]:
        return [name for name in self if name is not None]


def _codes(values: Sequence[Any], codes: dict[Any, int]) -> evidence.Codes:
    """A code for each value; the whole column without a line of Python for those that were seen before."""
    return np.fromiter(map(codes.__getitem__, values), dtype=np.int64, count=len(values))


class _Columns:
    """The one row of the statement: an array a column, None where there is nothing at all."""

    def __init__(self, row: Row[*tuple[Any, ...]]) -> None:
        self._row = row._mapping  # noqa: SLF001  # SQLAlchemy's documented name

    def list(self, name: str) -> list[Any]:
        return self._row[name] or []

    def rows(self, part: str) -> evidence.Rows:
        return self._numbers(f"{part}_n").astype(np.intp)

    def codes(self, name: str) -> evidence.Codes:
        return self._numbers(name).astype(np.int64)

    def floats(self, name: str) -> evidence.Floats:
        return self._numbers(name).astype(np.float64)

    def days(self, name: str) -> days.Days:
        return self._numbers(name).astype(np.int32)

    def ids(self, part: str, *, with_ids: bool) -> Sequence[Any] | None:
        return [str(value) for value in self.list(f"{part}_id")] if with_ids else None

    def _numbers(self, name: str) -> NDArray[Any]:
        return read_binary_array(self._row[name], NUMBERS[name])
