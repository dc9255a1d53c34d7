"""Saying figures, codes and rules in a reader's language."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from services.scoring.domain.policy import Policy
from services.scoring.service.report.names import NAMES
from services.scoring.service.report.texts import TEXTS
from shared.languages import Language

ABSENT = "–"  # noqa: RUF001  # a dash, as tables have it
MINUS = "\N{MINUS SIGN}"
SHORT_NAME = 60

_BELOW = re.compile(r"(base|category)_below_([0-9.]+)(?::(.+))?")
_FINDING = re.compile(r"open_(.+)_finding|overdue_(.+)")


@dataclass(frozen=True, slots=True)
class Voice:
    """One language."""

    language: Language

    def say(self, key: str, **values: object) -> str:
        """One of the pack's texts."""
        return TEXTS[key].in_language(self.language).format(**values)

    def name(self, kind: str, code: str, **values: object) -> str:
        """What a code is called."""
        known = NAMES[kind].get(code)
        if known is None:
            return clean(code.replace("_", " ")).capitalize()
        return known.in_language(self.language).format(**values)

    def names(self, kind: str, codes: Sequence[str]) -> str:
        """What several codes are called, in one line."""
        return self.listed([self.name(kind, code) for code in codes]) or ABSENT

    def listed(self, items: Sequence[str]) -> str:
        """Items in one line."""
        return self.say("chart_joint").join(items)

    def limit(self, code: str, policy: Policy) -> str:
        """A rule that held a grade down, with the policy's figures."""
        rules = policy.qbr
        return self.name(
            "limit",
            code,
            rated_from=plain(rules.rated_from_coverage),
            uncapped_from=plain(rules.uncapped_from_coverage),
            whole=plain(sum(rules.weights)),
        )

    def reason(self, code: str) -> str:
        """A rule of the risk tier that applied."""
        if (below := _BELOW.fullmatch(code)) is not None:
            what, threshold, category = below.groups()
            named = self.name("category", category) if category else ""
            return self.name("reason", f"{what}_below", threshold=threshold, category=named)
        if (finding := _FINDING.fullmatch(code)) is not None:
            is_open, overdue = finding.groups()
            rule = "open_finding" if is_open else "overdue"
            return self.name("reason", rule, severity=self.name("severity", is_open or overdue))
        return self.name("reason", code)

    def due(self, day: date | None, days: int) -> str:
        """When something is due: the day, or as long as there is none, when after publication."""
        if day is not None:
            return day.isoformat()
        return self.say("due_after", days=days) if days else self.say("due_at_once")


def figure(value: float | None) -> str:
    """A figure of a review, with its two decimals."""
    return ABSENT if value is None else f"{value:.2f}"


def signed(value: float | None) -> str:
    """A change, with its sign; a zero is a change as well."""
    if value is None:
        return ABSENT
    return f"{value:+.2f}".replace("-", MINUS)


def percent(value: float | None) -> str:
    """A part of all."""
    return ABSENT if value is None else f"{value:.1f} %"


def plain(value: float) -> str:
    """A figure of a policy, as it is written there."""
    return f"{value:g}"


def moment(at: datetime) -> str:
    """A moment, to the minute."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def clean(text: str) -> str:
    """What others wrote, as one line that no format takes for more than text: controls are blanks in it."""
    return " ".join("".join(" " if _is_control(char) else char for char in text).split())


def short(text: str, most: int = SHORT_NAME) -> str:
    """A text that fits a cell: cut, and marked where it is."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _is_control(char: str) -> bool:
    """Whether it is a control, changes the direction of others, or is no character at all."""
    return unicodedata.category(char) in ("Cc", "Cf", "Cs") or ord(char) & 0xFFFE == 0xFFFE  # noqa: PLR2004
