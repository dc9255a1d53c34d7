"""When a delivery is tried again, how long a failing receiver is left alone, and when it is given up."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

DELAYS_SECONDS: Final = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""After the first attempt, which is made at once: the schedule of Standard Webhooks, three days in all."""
MOST_ATTEMPTS: Final = len(DELAYS_SECONDS) + 1
LONGEST_DELAY_SECONDS: Final = float(DELAYS_SECONDS[-1])
JITTER: Final = 0.1
"""The part of a delay that chance adds at most, so that what failed together is not repeated together."""

FAILURES_BEFORE_REST: Final = 3
LONGEST_REST_SECONDS: Final = 60.0
LONGEST_ASKED_REST_SECONDS: Final = 3600.0
OVERLOADED: Final = (429, 502, 503, 504)

GIVEN_UP_AFTER: Final = timedelta(days=5)
LEAST_FAILURES: Final = MOST_ATTEMPTS
"""A receiver is not given up for fewer failures, however long ago the first was."""


def seconds_to_next(attempts: int, chance: float, retry_after: float | None) -> float | None:
    """How long to wait after that many failed attempts, None where there is no other; `chance` is in [0, 1).

    `retry_after` is how many seconds the receiver asks for: heeded where longer, up to a day.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    planned = DELAYS_SECONDS[attempts - 1] * (1 + JITTER * chance)
    return max(planned, min(retry_after or 0.0, LONGEST_DELAY_SECONDS))


def seconds_to_rest(failures: int, status: int | None, retry_after: float | None) -> float:
    """How long nothing at all is sent to a receiver after that many failures in a row, so as not to press it."""
    asked = min(retry_after or 0.0, LONGEST_ASKED_REST_SECONDS) if status in OVERLOADED else 0.0
    beyond = failures - FAILURES_BEFORE_REST
    own = 0.0 if beyond < 0 else min(2.0 ** min(beyond, 10), LONGEST_REST_SECONDS)
    return max(asked, own)


def is_given_up(failing_since: datetime, failures: int, now: datetime) -> bool:
    """Whether every attempt has failed for so long that nobody seems to be there any more."""
    return failures >= LEAST_FAILURES and now - failing_since >= GIVEN_UP_AFTER


def read_retry_after(header: str | None, now: datetime) -> float | None:
    """The seconds that a Retry-After asks for, given as seconds or as a date; None where it says nothing usable."""
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return min(float(header.strip()[:9]), LONGEST_DELAY_SECONDS)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
