"""What a revision changed of a scorecard, in words."""

from collections.abc import Mapping, Sequence

from services.scoring.domain.qbr import Dimension
from services.scoring.service.report.voice import ABSENT, Voice, figure

_CODES = {
    "grade": "grade",
    "previous_grade": "grade",
    "risk_tier": "tier",
    "basis": "basis",
}


def change_lines(voice: Voice, changes: Mapping[str, Sequence[object]]) -> list[str]:
    """A line for each field that differs."""
    return [
        voice.say(
            "change_is", field=_field(voice, field), before=_value(voice, field, before), now=_value(voice, field, now)
        )
        for field, (before, now) in changes.items()
    ]


def _field(voice: Voice, field: str) -> str:
    return voice.name("dimension" if field in tuple(Dimension) else "field", field)


def _value(voice: Voice, field: str, value: object) -> str:
    if value is None:
        return ABSENT
    if isinstance(value, list):
        return voice.names("short_limit", [str(each) for each in value])
    if isinstance(value, int | float):
        return figure(value)
    return voice.name(_CODES[field], str(value)) if field in _CODES else str(value)
