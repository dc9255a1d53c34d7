"""Trying allocations with something changed: the result beside the present one, and nothing is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain import allocation as domain
from services.scoring.domain import qbr
from services.scoring.domain.quarter import Quarter
from services.scoring.models.reviews import Qbr, Scorecard
from services.scoring.repository import allocation_grounds as repository
from services.scoring.schemas.allocation_what_if import CommodityChange, LineChange
from services.scoring.service.allocation.computing import Grounds, Sourced, read_grounds, read_sourced, recommend
from services.scoring.service.allocation.proposals import Proposal
from services.scoring.service.review.computing import ReadStandings
from shared.errors import FieldError, Invalid

NAN = float("nan")
RATING = ("qbr_total", "risk_tier", "basis", "priority_missed")
BOUNDS = ("capacity_share", "max_share", "min_share")


@dataclass(frozen=True, slots=True)
class Tried:
    """A commodity's result as things are, and with the changes."""

    present: Proposal
    changed: Proposal


async def try_changes(
    session: AsyncSession, quarter: Quarter, changes: Sequence[CommodityChange], read_standings: ReadStandings
) -> tuple[Qbr, Grounds, list[Tried]]:
    """What the changes would bring, commodity by commodity; Invalid names the line that is wrong."""
    commodities = [change.commodity for change in changes]
    _refuse_repeated(commodities, "#/changes/{}/commodity")
    rows = await repository.list_lines(session, str(quarter), commodities)
    review, grounds = await read_grounds(session, quarter, {row.supplier_code for row in rows}, read_standings)
    held = {each.commodity: each for each in await read_sourced(session, quarter, commodities, grounds)}
    _refuse_unsourced(held, changes, quarter)
    present, wrong = recommend([held[commodity] for commodity in commodities], grounds)
    _refuse_wrong_sourcing(wrong, commodities)
    cards = await _cards(session, review, grounds, changes)
    changed, wrong = recommend(
        [_changed(held[change.commodity], change, grounds, cards) for change in changes], grounds
    )
    _refuse_wrong_changes(wrong, changes)
    return review, grounds, [Tried(before, after) for before, after in zip(present, changed, strict=True)]


async def _cards(
    session: AsyncSession, review: Qbr, grounds: Grounds, changes: Sequence[CommodityChange]
) -> dict[UUID, Scorecard]:
    ids = {
        grounds.known[line.supplier_code].id
        for change in changes
        for line in change.lines
        if line.supplier_code in grounds.known
    }
    return {card.supplier_id: card for card in await repository.list_scorecards(session, review.id, ids)}


def _changed(sourced: Sourced, change: CommodityChange, grounds: Grounds, cards: Mapping[UUID, Scorecard]) -> Sourced:
    wanted = {line.supplier_code: line for line in change.lines}
    lines = list(sourced.lines)
    for place, line in enumerate(sourced.lines):
        if line.supplier_code in wanted:
            supplier = grounds.known.get(line.supplier_code)
            card = None if supplier is None else cards.get(supplier.id)
            lines[place] = _changed_line(line, wanted[line.supplier_code], card, grounds.policy.qbr)
    if "largest_share" in change.model_fields_set:
        lines = [replace(line, largest_share=change.largest_share) for line in lines]
    least = change.least_sources if "least_sources" in change.model_fields_set else sourced.least_sources
    return Sourced(sourced.commodity, lines, least)


def _changed_line(
    line: domain.SourcingLine, change: LineChange, card: Scorecard | None, rules: qbr.QbrConstants
) -> domain.SourcingLine:
    given = change.model_fields_set
    values: dict[str, Any] = {name: getattr(change, name) for name in BOUNDS if name in given}
    for name in ("risk_tier", "basis", "priority_missed", "grade", "blocked"):
        if getattr(change, name) is not None:
            values[name] = getattr(change, name)
    if "qbr_total" in given:
        values["qbr_total"] = change.qbr_total
    changed = replace(line, **values)
    if change.grade is None and any(name in values for name in RATING):
        changed = replace(changed, grade=_grade(changed, card, rules, is_new_total="qbr_total" in given))
    return changed


def _grade(line: domain.SourcingLine, card: Scorecard | None, rules: qbr.QbrConstants, *, is_new_total: bool) -> str:
    """What the review would say: with a new total, of a supplier that had it in every dimension it was rated in."""
    if line.qbr_total is None:
        dimensions = [NAN] * len(qbr.Dimension)
    else:
        held = [None if card is None else getattr(card, dimension) for dimension in qbr.Dimension]
        if all(figure is None for figure in held):
            held = [line.qbr_total] * len(held)
        dimensions = [NAN if figure is None else line.qbr_total if is_new_total else figure for figure in held]
    (review,) = qbr.grade(
        [dimensions],
        risk_tier=[line.risk_tier],
        basis=[line.basis],
        priority_missed=[line.priority_missed],
        constants=rules,
    )
    return str(review.grade)


def _refuse_repeated(names: Sequence[str], pointer: str) -> None:
    for n, name in enumerate(names):
        if name in names[:n]:
            raise Invalid(f"{name} is named twice.", fields=[FieldError(pointer.format(n), "is named twice")])


def _refuse_unsourced(held: Mapping[str, Sourced], changes: Sequence[CommodityChange], quarter: Quarter) -> None:
    fields = []
    for n, change in enumerate(changes):
        if change.commodity not in held:
            fields.append(FieldError(f"#/changes/{n}/commodity", f"has no sourcing in {quarter}"))
            continue
        _refuse_repeated([line.supplier_code for line in change.lines], f"#/changes/{n}/lines/{{}}/supplier_code")
        codes = {line.supplier_code for line in held[change.commodity].lines}
        fields += [
            FieldError(
                f"#/changes/{n}/lines/{place}/supplier_code", f"has no line in the sourcing of {change.commodity}"
            )
            for place, line in enumerate(change.lines)
            if line.supplier_code not in codes
        ]
    if fields:
        raise Invalid("There is no such line to change.", fields=fields)


def _refuse_wrong_sourcing(wrong: Sequence[Mapping[str, Any]], commodities: Sequence[str]) -> None:
    """What is wrong already, whatever is changed."""
    if wrong:
        fields = [
            FieldError(f"#/changes/{commodities.index(each['commodity'])}/commodity", _present(each)) for each in wrong
        ]
        raise Invalid("The present sourcing cannot be allocated; mend it first.", code="sourcing-wrong", fields=fields)


def _refuse_wrong_changes(wrong: Sequence[Mapping[str, Any]], changes: Sequence[CommodityChange]) -> None:
    fields = []
    for each in wrong:
        n = next(n for n, change in enumerate(changes) if change.commodity == each["commodity"])
        place = next(
            place for place, line in enumerate(changes[n].lines) if line.supplier_code == each["supplier_code"]
        )
        fields.append(FieldError(f"#/changes/{n}/lines/{place}/{each['column']}", each["detail"]))
    if fields:
        raise Invalid("The changed lines contradict themselves.", fields=fields)


def _present(complaint: Mapping[str, Any]) -> str:
    whose = "" if complaint["supplier_code"] is None else f"{complaint['supplier_code']}, "
    return f"{whose}{complaint['column']}: {complaint['detail']}"
