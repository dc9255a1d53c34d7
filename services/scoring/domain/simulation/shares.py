"""Counting how orders would be shared out under a policy beside how they are under another."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

MOST_MOVERS = 20
DECIMALS = 6

Shares = Mapping[str, float | None]
"""Supplier code -> recommended share of one commodity; None where the commodity cannot be shared out."""


class ShareTally:
    """Who gets how much more or less; `state` says all of it in JSON, so that counting can go on later."""

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        """Go on from a state, or begin."""
        held = state or {}
        self._counts = Counter[str](held.get("counts", {}))
        self._moved = float(held.get("moved", 0))
        self._movers: list[dict[str, Any]] = list(held.get("movers", ()))

    @property
    def state(self) -> dict[str, Any]:
        """All that was counted."""
        return {"counts": dict(self._counts), "moved": self._moved, "movers": self._movers}

    def add(self, commodity: str, before: Shares | None, after: Shares | None) -> None:
        """Count one commodity in; None where its sourcing is wrong."""
        self._counts["commodities"] += 1
        if before is None or after is None:
            self._counts["left_out"] += 1
            return
        self._counts["lines"] += len(before)
        self._counts["infeasible_before"] += None in before.values()
        self._counts["infeasible_after"] += None in after.values()
        movers = []
        for code, share in before.items():
            other = after.get(code)
            if share is not None and other is not None and share != other:
                movers.append(
                    {"commodity": commodity, "supplier_code": code, "share_before": share, "share_after": other}
                )
                self._moved += abs(other - share)
        self._counts["lines_changed"] += len(movers)
        self._movers = sorted([*self._movers, *movers], key=_by_size)[:MOST_MOVERS]

    def result(self) -> dict[str, Any]:
        """The figures of all commodities together."""
        names = ("commodities", "left_out", "lines", "lines_changed", "infeasible_before", "infeasible_after")
        return {
            **{name: self._counts[name] for name in names},
            "share_moved": round(self._moved, DECIMALS),
            "largest_movers": self._movers,
        }


def _by_size(mover: Mapping[str, Any]) -> tuple[float, str, str]:
    moved = round(abs(mover["share_after"] - mover["share_before"]), DECIMALS)
    return -moved, mover["commodity"], mover["supplier_code"]
