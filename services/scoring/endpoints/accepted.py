"""Which of the media types that there are the caller likes best."""

from collections.abc import Sequence

from fastapi import Request

from shared.errors import NotAcceptable

MOST_PREFERENCES = 50


def preferred_type(request: Request, offered: Sequence[str]) -> str:
    """The offered type with the highest weight in Accept, of equal ones the first; NotAcceptable where none is wanted.

    Without Accept it is the first. A range weighs for those types alone that nothing more precise names (RFC 9110).
    """
    header = ",".join(request.headers.getlist("accept")).strip()
    if not header:
        return offered[0]
    weights = dict(_weighed(part) for part in header.split(",")[:MOST_PREFERENCES])

    def weight(media_type: str) -> float:
        ranges = (media_type, media_type.partition("/")[0] + "/*", "*/*")
        return next((weights[name] for name in ranges if name in weights), 0.0)

    best = max(offered, key=weight)
    if weight(best) == 0:
        raise NotAcceptable(f"This can be had as {', '.join(offered)}.", members={"offered": list(offered)})
    return best


def _weighed(part: str) -> tuple[str, float]:
    name, *parameters = [piece.strip().lower() for piece in part.split(";")]
    given = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
    return name, float(given) if given.replace(".", "", 1).isdecimal() else 0.0
