"""How suppliers' reviews moved over the quarters."""

from collections.abc import Collection, Mapping, MutableMapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain import qbr
from services.scoring.domain.quarter import Quarter
from services.scoring.models.reviews import Qbr
from services.scoring.repository import review_history

MOST_QUARTERS = 40
SHOWN = ("quarter", "revision", "policy_version", "total", "grade", "risk_tier")


def add_previous(
    cards: Sequence[MutableMapping[str, Any]], previous: Mapping[UUID, Row[Any]], policy_version: int
) -> None:
    """Put into each scorecard what the quarter before was published as, and how the figures moved since."""
    befores = [previous.get(card["supplier_id"]) for card in cards]
    moved = qbr.differences(_rows(befores), _rows(cards))
    for card, before, difference in zip(cards, befores, moved, strict=True):
        card["previous"] = None
        if before is not None:
            card["previous"] = {
                **{name: getattr(before, name) for name in SHOWN},
                "dimensions": {str(name): getattr(before, name) for name in qbr.Dimension},
                "difference": _by_name(difference),
                "policy_change": qbr.policy_change(before.quarter, before.policy_version, policy_version),
            }


async def read_trends(
    session: AsyncSession, review: Qbr, supplier_ids: Collection[UUID], quarters: int
) -> dict[UUID, list[dict[str, Any]]]:
    """Supplier -> its last quarters up to the review's, the oldest first, in one statement for all of them.

    Earlier quarters as they are published now; a quarter without a published scorecard is left out. A difference is
    to the quarter just before, and absent where that is; a change of policy is to the last one there is.
    """
    first, *_ = window(review, quarters)
    rows = await review_history.list_figures(
        session,
        str(Quarter.parse(first).previous),
        str(Quarter.parse(review.quarter).previous),
        supplier_ids=supplier_ids,
        also=review.id,
    )
    return {
        supplier_id: [point for point in _points(list(own)) if point["quarter"] >= first]
        for supplier_id, own in groupby(rows, key=attrgetter("supplier_id"))
    }


async def find_revisions(session: AsyncSession, review: Qbr, quarters: int) -> dict[str, int | None]:
    """Each quarter of the window -> the revision that its trend shows: the review's own, else the published one."""
    names = window(review, quarters)
    published = await review_history.find_published_revisions(session, names[0], names[-1])
    return {name: published.get(name) for name in names} | {review.quarter: review.revision}


def window(review: Qbr, quarters: int) -> list[str]:
    """The names of so many quarters, of which the review's is the last."""
    names = [quarter := Quarter.parse(review.quarter)]
    for _ in range(quarters - 1):
        quarter = quarter.previous
        names.append(quarter)
    return [str(name) for name in reversed(names)]


def _points(rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    figures = _rows(rows)
    moved = qbr.differences(figures[:-1], figures[1:])
    points = []
    for n, row in enumerate(rows):
        before = rows[n - 1] if n else None
        change = before and qbr.policy_change(before.quarter, before.policy_version, row.policy_version)
        follows = before and Quarter.parse(before.quarter).next == Quarter.parse(row.quarter)
        points.append(
            {
                **row._asdict(),
                "dimensions": {str(name): getattr(row, name) for name in qbr.Dimension},
                "difference": _by_name(moved[n - 1]) if follows else None,
                "policy_change": change,
            }
        )
    return points


def _rows(cards: Sequence[Row[Any] | Mapping[str, Any] | None]) -> NDArray[np.float64]:
    """The figures of each scorecard, NaN where absent or where there is no scorecard."""
    wanted = [{} if card is None else card if isinstance(card, Mapping) else card._asdict() for card in cards]
    figures = [[card.get(str(name)) for name in qbr.FIGURES] for card in wanted]
    return np.array(figures, dtype=np.float64).reshape(-1, len(qbr.FIGURES))


def _by_name(row: NDArray[np.float64]) -> dict[str, float | None]:
    return {str(name): None if np.isnan(value) else float(value) for name, value in zip(qbr.FIGURES, row, strict=True)}
