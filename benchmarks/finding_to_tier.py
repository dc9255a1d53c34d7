"""From a finding's POST to the risk tier that it causes, everything idle: `python -m benchmarks.finding_to_tier`.

Needs `make serve` in another terminal. Prints the median and the 99th percentile of the time from sending the POST
until a GET of the supplier's score first shows the tier.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bellwether.api import Api, Credentials
from local.environment import Addresses

CLIENT = Path(__file__).resolve().parents[1] / ".run" / "client.json"
IDLE_SECONDS = 0.4
PATIENCE_SECONDS = 10.0


@contextmanager
def admin_api() -> Iterator[Api]:
    """The running stack, as its local admin client."""
    if not CLIENT.exists():
        sys.exit("Start the stack first: make serve")
    with closing(Api(Addresses.from_environment(), Credentials(**json.loads(CLIENT.read_text())))) as api:
        yield api


def measure(api: Api, rounds: int) -> list[float]:
    """Seconds from POST to tier, once per fresh supplier."""
    stamp = f"{time.time_ns():x}"
    suppliers = [
        api.post("registry", "/v1/suppliers", {"code": f"BENCH-{stamp}-{n}", "name": f"Measured {n}"}).json()["id"]
        for n in range(rounds)
    ]
    wait_for(lambda: api.get("scoring", "/v1/freshness")["fresh"])
    discovered = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()
    return [_one_round(api, supplier_id, discovered) for supplier_id in suppliers]


def wait_for(is_so: Callable[[], bool]) -> None:
    """Wait until a question is answered with yes."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            sys.exit("The stack does not come to rest.")
        time.sleep(0.002)


def _one_round(api: Api, supplier_id: str, discovered: str) -> float:
    time.sleep(IDLE_SECONDS)
    body = {
        "supplier_id": supplier_id,
        "finding_ref": f"F-{supplier_id}",
        "standard": "RBA",
        "code_version": "8.0",
        "provision": "A1",
        "severity": "priority",
        "discovered_on": discovered,
    }
    path = f"/v1/scores/{supplier_id}"
    reason = "open_priority_finding"
    began = time.perf_counter()
    api.post("audit", "/v1/findings", body)
    wait_for(lambda: reason in api.get("scoring", path)["tier_reasons"])
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    given = parser.parse_args()
    with admin_api() as api:
        measure(api, 3)
        taken = sorted(measure(api, given.rounds))
    p99 = taken[min(len(taken) - 1, int(0.99 * len(taken)))]
    sys.stdout.write(
        f"finding to tier, idle, {given.rounds} rounds: median {statistics.median(taken) * 1000:.0f} ms, "
        f"99th percentile {p99 * 1000:.0f} ms\n"
    )


if __name__ == "__main__":
    main()
