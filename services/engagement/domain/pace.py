"""How many mails are taken at a time, and how far apart they go out."""

MOST_AT_ONCE = 50
"""After so many the worker's other tasks get their turn."""
SLICE_SECONDS = 5.0
"""Longer than this no mail waits for its turn inside a worker; its task waits outside."""


def seconds_between(mails_per_minute: int) -> float:
    """The time from one mail to the next."""
    return 60 / mails_per_minute


def mails_at_once(mails_per_minute: int) -> int:
    """How many go out in a few seconds: at least one."""
    return max(1, min(MOST_AT_ONCE, int(SLICE_SECONDS / seconds_between(mails_per_minute))))
