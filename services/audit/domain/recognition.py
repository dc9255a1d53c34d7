"""The levels of recognition that a VAP audit can earn, and what is lacking for the next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from services.audit.domain.audits import AuditStatus

LevelName = Literal["platinum", "gold", "silver"]

RECOGNISED_KINDS = frozenset({"vap"})


class Level(NamedTuple):
    """What a level asks for: a score, and the severities of which no finding may be left."""

    name: LevelName
    least_score: int
    closed: tuple[str, ...]


LEVELS = (
    Level("platinum", 200, ("priority", "major", "minor")),
    Level("gold", 180, ("priority", "major")),
    Level("silver", 160, ("priority",)),
)
"""From the highest; each asks for more than the one after it."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """The level reached, the score that counted, and in words what the next level lacks."""

    level: LevelName | None
    score: Decimal | None
    lacking: tuple[str, ...]


def recognise(
    status: AuditStatus, valid_until: date | None, score: Decimal | None, left: Mapping[str, int]
) -> Recognition:
    """The recognition of a VAP audit.

    `score` is the reported one that counts; `left` are the findings by severity that no closure audit has verified
    as closed. A severity without findings is fulfilled.
    """
    if status != "reported":
        return Recognition(None, score, (_hindrance(status, valid_until),))
    following: Level | None = None
    for level in LEVELS:
        if not _lacking(level, score, left):
            return Recognition(level.name, score, _lacking(following, score, left) if following else ())
        following = level
    return Recognition(None, score, _lacking(LEVELS[-1], score, left))


def _lacking(level: Level, score: Decimal | None, left: Mapping[str, int]) -> tuple[str, ...]:
    lacking = []
    if score is None:
        lacking.append(f"{level.name}: a reported score of at least {level.least_score}")
    elif score < level.least_score:
        lacking.append(f"{level.name}: a reported score of at least {level.least_score}, not {_shown(score)}")
    for severity in level.closed:
        count = left.get(severity, 0)
        if count:
            findings = "finding" if count == 1 else "findings"
            lacking.append(f"{level.name}: {count} {severity} {findings} closed and verified by a closure audit")
    return tuple(lacking)


def _hindrance(status: AuditStatus, valid_until: date | None) -> str:
    match status:
        case "planned":
            return "the audit itself: it is only planned"
        case "withdrawn":
            return "an audit that counts: this one is withdrawn"
        case "expired":
            return f"a valid audit: this one counted until {valid_until}"
        case _:
            return "the final report"


def _shown(score: Decimal) -> str:
    return f"{score.normalize():f}"
