"""Which of the media types that there are the caller likes best."""

from collections.abc import Sequence

from fastapi import Request

from shared.errors import NotAcceptable

MOST_PREFERENCES = 50


def find_preferred_type(request: Request, offered: Sequence[str]) -> str | None:
    """The offered type that Accept weighs most, or None where it wants none of them; without Accept the first.

    A range weighs for those types alone that nothing more precise names (RFC 9110, 12.5.1). Of equal weights the more
    precisely named wins, then the one named earlier, then the one offered earlier.
    """
    header = ",".join(request.headers.getlist("accept")).strip()
    if not header:
        return offered[0]
    weights = {name: (weight, -place) for place, (name, weight) in enumerate(_weighed(header))}

    def liking(media_type: str) -> tuple[float, int, int]:
        ranges = (media_type, media_type.partition("/")[0] + "/*", "*/*")
        named = next(((precision, name) for precision, name in enumerate(ranges) if name in weights), None)
        if named is None:
            return (0.0, 0, 0)
        weight, place = weights[named[1]]
        return (weight, -named[0], place)

    best = max(offered, key=liking)
    return best if liking(best)[0] > 0 else None


def preferred_type(request: Request, offered: Sequence[str]) -> str:
    """The offered type that the caller likes best; NotAcceptable where none is wanted."""
    best = find_preferred_type(request, offered)
    if best is None:
        raise NotAcceptable(f"This can be had as {', '.join(offered)}.", members={"offered": list(offered)})
    return best


def _weighed(header: str) -> list[tuple[str, float]]:
    parts = [[piece.strip().lower() for piece in part.split(";")] for part in header.split(",")[:MOST_PREFERENCES]]
    return [(name, _weight(parameters)) for name, *parameters in parts]


def _weight(parameters: Sequence[str]) -> float:
    given = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
    return float(given) if given.replace(".", "", 1).isdecimal() else 0.0
