"""Which of several media types an Accept header asks for."""

import pytest
from fastapi import Request

from shared.errors import NotAcceptable
from shared.web.accepting import find_preferred_type, preferred_type

JSON, CSV, HTML = "application/json", "text/csv", "text/html"
OFFERED = (JSON, CSV, HTML)


def asking(*accept: str) -> Request:
    headers = [(b"accept", line.encode("latin-1")) for line in accept]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers})


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ([], JSON),
        (["*/*"], JSON),
        (["application/*"], JSON),
        (["text/*"], CSV),
        ([f"{CSV}, {JSON}"], CSV),
        ([f"{JSON}, {CSV}"], JSON),
        ([f"{CSV}, */*"], CSV),
        ([f"*/*, {CSV}"], CSV),
        ([f"{CSV};q=0.5, {JSON}"], JSON),
        ([f"{JSON};q=0.1, text/*;q=0.2, {CSV};q=0"], HTML),
        ([f"{CSV};q=0.3", f"{HTML};q=0.7"], HTML),
        ([f"{JSON};q=0, */*"], CSV),
        ([f" {HTML} ; level=1 ; Q=0.9 , {CSV};q=0.8"], HTML),
        (["image/png"], None),
        ([f"{CSV};q=0"], None),
        ([f"{CSV};q=\xb2"], None),
        ([f"{CSV};q=high"], None),
    ],
)
def test_the_offered_type_that_the_caller_weighs_most_is_found(accept: list[str], expected: str | None) -> None:
    assert find_preferred_type(asking(*accept), OFFERED) == expected


def test_who_wants_nothing_that_there_is_is_told_what_there_is() -> None:
    with pytest.raises(NotAcceptable, match=CSV) as refused:
        preferred_type(asking("image/png"), OFFERED)
    assert refused.value.members == {"offered": list(OFFERED)}
