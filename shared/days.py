"""Days and moments as the API takes them: written out, never as a number of seconds."""

from datetime import date
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field


def _written_out(given: Any) -> Any:
    """Refuse numbers, also as text: 20260301 would be read as a moment in 1970 and not as the first of March."""
    try:
        float(given)
    except (TypeError, ValueError):
        return given
    raise ValueError("is a number; write a day as 2026-03-01 and a moment as 2026-03-01T08:00:00Z")


WRITTEN_OUT = BeforeValidator(_written_out)
"""Stands last in an annotation, behind its bounds."""

IsoDate = Annotated[date, WRITTEN_OUT]
IsoMoment = Annotated[AwareDatetime, WRITTEN_OUT]
Day = Annotated[date, Field(ge=date(1970, 1, 1), le=date(2199, 12, 31)), WRITTEN_OUT]
"""A day to be kept: another year is a slip of the pen, and 2199-12-31 stands for no end."""
