"""What findings and assessments that changed did to the audit figures, one after the other in a fixed order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from services.scoring.domain import days
from services.scoring.domain.audit_figures import audit_figures
from services.scoring.domain.changes.causes import assessment_cause, finding_cause
from services.scoring.domain.changes.contribution import Contribution, Piece
from services.scoring.domain.evidence import AUDIT_KINDS, NO_SITE, UNKNOWN_COUNTRY, Audits, Evidence, Findings, Floats
from services.scoring.domain.finding_states import OPEN, FindingStates
from services.scoring.domain.policy import Policy

CELLS_AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True)
class Changing:
    """An audit or a finding in both scores; it counts as `before` in the steps up to its own and as `after` from it."""

    kind: str
    id: str
    before: Piece | None
    after: Piece | None

    @property
    def is_changed(self) -> bool:
        """Whether it counts otherwise."""
        return self._counted(self.before) != self._counted(self.after)

    @property
    def order(self) -> tuple[bool, str, str]:
        """Assessments come before findings, older pieces before newer ones."""
        piece = self.before or self.after or {}
        return (self.kind == "finding", str(piece.get("discovered_on") or piece.get("conducted_on")), self.id)

    def _counted(self, piece: Piece | None) -> tuple[Any, ...] | None:
        if piece is None or not piece["counts"]:
            return None
        if self.kind == "audit":
            return piece["kind"], piece["site"], tuple(piece["categories"])
        return piece["site"], piece["category"], piece["severity"], piece["state"], piece["deduction"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A piece as it counts in the steps from `first` to before `last`."""

    piece: Piece
    first: int
    last: int


def audit_changes(
    before: dict[str, Any],
    after: dict[str, Any],
    policy: Policy,
    day: date,
    *,
    cells_at_once: int = CELLS_AT_ONCE,
) -> Iterator[Contribution]:
    """Each piece that changed, with what A moved by when it changed; the pieces before it have changed already."""
    pieces = [
        *_pair("audit", before["audits"], after["audits"]),
        *_pair("finding", before["findings"], after["findings"]),
    ]
    changed = sorted((piece for piece in pieces if piece.is_changed), key=lambda piece: piece.order)
    if not changed:
        return
    steps = len(changed) + 1
    standings: dict[str, list[Standing]] = {"audit": [], "finding": []}
    for piece in pieces:
        if not piece.is_changed:
            _add(standings[piece.kind], piece.after, 0, steps)
    for step, piece in enumerate(changed, start=1):
        _add(standings[piece.kind], piece.before, 0, step)
        _add(standings[piece.kind], piece.after, step, steps)
    at_once = max(1, cells_at_once // len(pieces))
    # In windows of steps, so that memory stays bounded.
    windows = [(first, min(first + at_once, steps)) for first in range(0, steps, at_once)]
    figures = [_figures(standings["audit"], standings["finding"], window, policy, day) for window in windows]
    moved = np.diff(np.concatenate(figures), axis=0)
    weights = np.array([category.weight for category in policy.categories]) * policy.weights["audit"]
    for piece, points in zip(changed, moved * weights, strict=True):
        cause = assessment_cause if piece.kind == "audit" else finding_cause
        by_category = {
            category.code: float(each) for category, each in zip(policy.categories, points, strict=True) if each
        }
        yield Contribution(
            cause(piece.before, piece.after),
            piece.kind,
            piece.id,
            float(points.sum()),
            by_category,
            _without_effect(piece.before),
            _without_effect(piece.after),
        )


def _pair(kind: str, before: Sequence[Piece], after: Sequence[Piece]) -> list[Changing]:
    old, new = ({str(piece["id"]): piece for piece in side} for side in (before, after))
    return [Changing(kind, each, old.get(each), new.get(each)) for each in {**old, **new}]


def _add(standings: list[Standing], piece: Piece | None, first: int, last: int) -> None:
    if piece is not None and piece["counts"] and piece.get("categories", True):
        standings.append(Standing(piece, first, last))


def _without_effect(piece: Piece | None) -> dict[str, Any] | None:
    """The share that an explanation gives a piece is of another sum than this one."""
    return None if piece is None else {name: value for name, value in piece.items() if name != "effect"}


def _figures(
    audits: Sequence[Standing], findings: Sequence[Standing], window: tuple[int, int], policy: Policy, day: date
) -> Floats:
    """A of each step of a window and each category, by the very function that scores."""
    first, last = window
    sites = {name: code for code, name in enumerate(sorted({str(s.piece["site"]) for s in (*audits, *findings)}))}

    def site_of(standing: Standing) -> int:
        return NO_SITE if standing.piece["site"] is None else sites[str(standing.piece["site"])]

    audit_step, audit_row = _rows(audits, first, last)
    finding_step, finding_row = _rows(findings, first, last)
    kinds = np.array([AUDIT_KINDS.index(each.piece["kind"]) for each in audits], dtype=np.int64)
    scopes = np.array([policy.scope_mask(each.piece["categories"]) for each in audits], dtype=np.int64)
    audit_sites = np.array([site_of(each) for each in audits], dtype=np.int64)
    finding_sites = np.array([site_of(each) for each in findings], dtype=np.int64)
    categories = np.array([policy.category_index[each.piece["category"]] for each in findings], dtype=np.int64)
    deductions = np.array([each.piece["deduction"] for each in findings], dtype=np.float64)[finding_row]
    evidence = Evidence(
        country=np.full(last - first, UNKNOWN_COUNTRY, dtype=np.int64),
        audits=Audits(
            supplier=audit_step,
            site=audit_sites[audit_row],
            kind=kinds[audit_row],
            conducted_on=np.full(len(audit_row), days.from_date(day), dtype=np.int32),
            scope=scopes[audit_row],
        ),
        findings=Findings(supplier=finding_step, site=finding_sites[finding_row], category=categories[finding_row]),
    )
    ones = np.ones(len(finding_row))
    states = FindingStates(
        np.full(len(finding_row), OPEN, dtype=np.int8), ones.astype(np.bool_), deductions, ones, deductions
    )
    return audit_figures(evidence, states, day, policy).figure


def _rows(standings: Sequence[Standing], first: int, last: int) -> tuple[Any, Any]:
    """For each standing and step of the window in which it holds: the step and the standing's number."""
    spans = [range(max(each.first, first), min(each.last, last)) for each in standings]
    steps = [np.arange(span.start, span.stop) - first for span in spans if len(span)]
    numbers = [np.full(len(span), number) for number, span in enumerate(spans) if len(span)]
    nothing = np.empty(0, dtype=np.intp)
    if not steps:
        return nothing, nothing
    return np.concatenate(steps).astype(np.intp), np.concatenate(numbers).astype(np.intp)
