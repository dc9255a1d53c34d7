"""What survey answers, silence and the country's figure did; each category's figure is a term of its own."""

from collections.abc import Iterator
from typing import Any

from services.scoring.domain.changes.contribution import Contribution

SURVEY = ("figure", "assumed", "silent", "answer", "unanswered")
INHERENT = ("figure", "assumed", "percentile_rank", "year", "id")

Side = dict[str, Any]
Key = tuple[str, str | None, str | None]
"""What happened, and the evidence that counted before and counts now."""


def survey_changes(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Contribution]:
    """The same thing that happened to several categories is one contribution."""
    points: dict[Key, dict[str, float]] = {}
    sides: dict[Key, tuple[Side, Side]] = {}
    for old, new in zip(before["categories"], after["categories"], strict=True):
        was, now = ({name: side["survey"][name] for name in SURVEY} for side in (old, new))
        if was == now:
            continue
        cause = _survey_cause(was, now)
        # Silence is one thing, whichever answers it voids, or leaves behind.
        old_id = None if cause == "survey_unanswered" else _evidence_of(was)
        key = (cause, old_id, None if cause == "survey_silence_lapsed" else _evidence_of(now))
        effect = new["survey"]["effect"] - old["survey"]["effect"]
        points.setdefault(key, {})[new["category"]] = effect
        shown = (_shown(was), _shown(now))
        known = sides.setdefault(key, shown)
        for side, other in zip(known, shown, strict=True):
            if side != other:
                side["answer"] = None
    for key, by_category in points.items():
        cause, old_id, new_id = key
        yield Contribution(cause, "survey", new_id or old_id, sum(by_category.values()), by_category, *sides[key])


def inherent_changes(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Contribution]:
    """One figure holds for all categories."""
    was, now = ({name: side["categories"][0]["inherent"][name] for name in INHERENT} for side in (before, after))
    if was == now:
        return
    points = {
        new["category"]: new["inherent"]["effect"] - old["inherent"]["effect"]
        for old, new in zip(before["categories"], after["categories"], strict=True)
    }
    cause = "country_figure_changed"
    if was["assumed"] or now["assumed"]:
        cause = "country_figure_new" if was["assumed"] else "country_figure_gone"
    yield Contribution(cause, "country_risk", now["id"] or was["id"], sum(points.values()), points, was, now)


def _survey_cause(was: Side, now: Side) -> str:
    if now["silent"] and not was["silent"]:
        return "survey_unanswered"
    if now["silent"] and was["silent"]:
        return "survey_corrected"
    if was["silent"]:
        return "survey_silence_lapsed" if now["answer"] is None or now["answer"] == was["answer"] else "survey_answered"
    if was["answer"] is None:
        return "survey_answered"
    if now["answer"] is None:
        return "survey_lapsed"
    return "survey_replaced" if was["answer"]["id"] != now["answer"]["id"] else "survey_corrected"


def _shown(side: Side) -> Side:
    """A side without the figures, which differ by category."""
    answer = side["answer"]
    return {
        "silent": side["silent"],
        "answer": answer and {name: answer[name] for name in ("id", "submitted_on")},
        "unanswered": side["unanswered"],
    }


def _evidence_of(side: Side) -> str | None:
    piece = side["unanswered"] if side["silent"] else side["answer"]
    return None if piece is None else str(piece["id"])
