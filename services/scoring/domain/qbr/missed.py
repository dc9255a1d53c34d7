"""Which priority findings were missed: overdue, or carried out but left unclosed for too long."""

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from services.scoring.domain.qbr.constants import QbrConstants

Days = NDArray[np.datetime64] | Sequence[date | None]


def priority_missed(
    *,
    due_on: Days,
    on: date,
    discovered_on: Days | None = None,
    implemented_on: Days | None = None,
    closed_on: Days | None = None,
    withdrawn_on: Days | None = None,
    constants: QbrConstants | None = None,
) -> NDArray[np.bool_]:
    """Tell for each priority finding whether it was missed on a day (the end of it).

    None or NaT: it has not happened. What lies after the day has not happened yet. The dates are those
    that stand on the day: a rejection or reopening has already voided what came before it.
    """
    due = _days(due_on)
    day = np.datetime64(on, "D")
    allowance = np.timedelta64((constants or QbrConstants()).unclosed_allowance_days, "D")

    def happened(days: Days | None) -> NDArray[np.bool_]:
        # a comparison with NaT is False
        return np.zeros(due.shape, dtype=np.bool_) if days is None else np.asarray(_days(days) <= day)

    existing = np.ones(due.shape, dtype=np.bool_) if discovered_on is None else happened(discovered_on)
    live = existing & ~happened(closed_on) & ~happened(withdrawn_on)
    implemented = happened(implemented_on)
    return np.asarray(live & np.where(implemented, due + allowance < day, due < day))


def _days(days: Days) -> NDArray[np.datetime64]:
    return np.asarray(days, dtype="datetime64[D]")
