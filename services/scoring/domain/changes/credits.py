"""What taking part and certificates did to the credit: each at its face value, then the cap and what withholds it."""

from collections.abc import Iterator, Mapping
from typing import Any

from services.scoring.domain.changes.contribution import Contribution, Piece

Credit = Mapping[str, Any]


def credit_changes(before: Credit | None, after: Credit | None) -> Iterator[Contribution]:
    """Both are the credit of an explanation under the same policy; None where that gives none."""
    if before is None or after is None:
        return
    for kind, name in (("participation", "participation"), ("certificate", "held_certificates")):
        old, new = _counting(before[name], kind), _counting(after[name], kind)
        for key in sorted(old.keys() ^ new.keys()):
            piece = new.get(key) or old[key]
            points = _worth(after, kind, piece) * (1 if key in new else -1)
            if key in new:
                cause = f"{kind}_new"
            else:
                is_listed = any(each["id"] == piece["id"] for each in after[name])
                cause = f"{kind}_lapsed" if is_listed else f"{kind}_withdrawn"
            yield Contribution(cause, kind, piece["id"], points, before=old.get(key), after=new.get(key))
    cap = _capped(after) - after["before_cap"] - (_capped(before) - before["before_cap"])
    if cap:
        yield Contribution("credit_cap", "credit", None, cap, before=_state(before), after=_state(after))
    withheld = after["points"] - _capped(after) - (before["points"] - _capped(before))
    if withheld or before["withheld_by_open_finding"] != after["withheld_by_open_finding"]:
        cause = "credit_withheld" if after["withheld_by_open_finding"] else "credit_released"
        yield Contribution(cause, "credit", None, withheld, before=_state(before), after=_state(after))


def _counting(pieces: list[Piece], kind: str) -> dict[str, Piece]:
    """What counts, by what counts once: an event or course by its id, a certificate by its standard."""
    by = "standard" if kind == "certificate" else "id"
    return {str(piece[by]): piece for piece in pieces if piece["counts"]}


def _worth(credit: Credit, kind: str, piece: Piece) -> float:
    name = "certificates" if kind == "certificate" else "events" if piece["kind"] == "event" else "courses"
    return float(credit[name]["points_each"])


def _capped(credit: Credit) -> float:
    return float(min(credit["cap"], credit["before_cap"]))


def _state(credit: Credit) -> dict[str, Any]:
    return {name: credit[name] for name in ("before_cap", "cap", "withheld_by_open_finding", "points")}
