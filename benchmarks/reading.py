"""Reading one score, and a list of a hundred, against bare handlers on the same rows."""

import itertools

from benchmarks import load
from benchmarks.house import House, supplier_ids
from benchmarks.results import Result
from benchmarks.rounds import by_turns, say, scaled

ROUNDS = 7
SECONDS = 4.0
LISTED = 100
GOAL_OF_ONE, GOAL_OF_LIST = 0.5, 0.6


def measure(house: House) -> list[Result]:
    """Both, with a token that a client holds for its five minutes."""
    ids = supplier_ids(house)
    with house.bare() as bare:
        one = _compare(
            house, bare, [f"/v1/scores/{each}" for each in ids], [f"/scores/{each}" for each in ids], "one score"
        )
        many = _compare(house, bare, [f"/v1/scores?limit={LISTED}"], [f"/scores?limit={LISTED}"], "a list")
    return [
        Result("read one score by id", *one, "requests/s", GOAL_OF_ONE, "higher"),
        Result(f"list {LISTED} scores", *many, "requests/s", GOAL_OF_LIST, "higher"),
    ]


def _compare(house: House, bare: str, ours: list[str], theirs: list[str], what: str) -> tuple[float, float]:
    seconds = max(0.5, SECONDS * scaled(100) / 100)
    token = house.token()
    asked = itertools.cycle([load.request("GET", path, token) for path in ours])
    asked_bare = itertools.cycle([load.request("GET", path) for path in theirs])
    url = house.url("scoring")
    for warming in ((url, asked), (bare, asked_bare)):
        load.per_second(*warming, seconds=0.5)
    median = by_turns(
        scaled(ROUNDS, least=3),
        {
            "ours": lambda: load.per_second(url, asked, seconds),
            "bare": lambda: load.per_second(bare, asked_bare, seconds),
        },
    )
    say(f"  {what}: {median['ours']:.0f}/s, bare {median['bare']:.0f}/s")
    return median["ours"], median["bare"]
