"""Writing one finding, durable and with its event, against two bare inserts in one transaction."""

import itertools
import time
from collections.abc import Iterator, Sequence

import orjson

from benchmarks import files, load
from benchmarks.house import House, supplier_ids
from benchmarks.results import Result
from benchmarks.rounds import by_turns, say, scaled
from local.load import wait_until_fresh

ROUNDS = 7
SECONDS = 4.0
GOAL = 0.5


def measure(house: House) -> list[Result]:
    """By turns; scoring has taken everything in before the next turn begins."""
    ids = supplier_ids(house)
    seconds = max(0.5, SECONDS * scaled(100) / 100)
    token = house.token()
    url = house.url("audit")

    def ours() -> float:
        rate = load.per_second(url, _posts("/v1/findings", ids, token), seconds, status=201)
        wait_until_fresh(house.api)
        return rate

    with house.bare() as bare:

        def theirs() -> float:
            return load.per_second(bare, _posts("/findings", ids, ""), seconds, status=201)

        load.per_second(url, _posts("/v1/findings", ids, token), 0.5, status=201)
        load.per_second(bare, _posts("/findings", ids, ""), 0.5, status=201)
        wait_until_fresh(house.api)
        median = by_turns(scaled(ROUNDS, least=3), {"ours": ours, "bare": theirs})
    say(f"  writing a finding: {median['ours']:.0f}/s, bare {median['bare']:.0f}/s")
    return [Result("write one finding", median["ours"], median["bare"], "requests/s", GOAL, "higher")]


def _posts(path: str, ids: Sequence[str], token: str) -> Iterator[bytes]:
    stamp = time.time_ns()
    for number, supplier_id in enumerate(itertools.cycle(ids)):
        body = {
            "supplier_id": supplier_id,
            "finding_ref": f"W{stamp:x}-{number}",
            "standard": "RBA",
            "code_version": "8.0",
            "provision": files.PROVISIONS[number % len(files.PROVISIONS)],
            "severity": ("minor", "major")[number % 2],
            "discovered_on": files.conducted_on().isoformat(),
            "description": "Emergency exits of the dormitory were found blocked on the day of the audit",
        }
        yield load.request("POST", path, token, orjson.dumps(body))
