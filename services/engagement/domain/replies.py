"""What those invited answer, and who of those who would come has a place."""

from typing import Literal, get_args

Answer = Literal["accepted", "declined", "tentative"]
Reply = Literal["needs_action", "accepted", "declined", "tentative", "waiting"]
REPLIES: tuple[Reply, ...] = get_args(Reply)


def taken_in(held: str, answer: Answer, places_left: int | None) -> Reply:
    """What becomes of an answer: whoever would come waits once all places are taken (None: there is no end of them).

    Saying the same again changes nothing: neither is a place lost by it, nor is anybody overtaken.
    """
    if answer != "accepted":
        return answer
    if held == "waiting":
        return "waiting"
    return "accepted" if held == "accepted" or places_left is None or places_left > 0 else "waiting"


def places_left(capacity: int | None, accepted: int) -> int | None:
    """How many more may come, 0 at the least; None where there is no limit."""
    return None if capacity is None else max(0, capacity - accepted)
