"""From a finding's POST to the tier that it causes, everything idle, against an empty arq job's start."""

import asyncio
import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks import arq_jobs
from benchmarks.house import House
from benchmarks.results import Result
from benchmarks.rounds import say, scaled

ROUNDS = 150
WARMING = 5
IDLE_SECONDS = 0.3
PATIENCE_SECONDS = 10.0
LOOK_SECONDS = 0.002
GOAL_OF_MEDIAN, GOAL_OF_P99 = 3, 5


def measure(house: House) -> list[Result]:
    """By turns, each after a pause of some random length: else all would meet the same moment between two polls."""
    rounds = scaled(ROUNDS, least=20) + WARMING
    suppliers = _suppliers(house, rounds)
    taken: dict[str, list[float]] = {"ours": [], "empty job": []}
    with house.process("-m", "benchmarks.arq_worker"), asyncio.Runner() as runner:
        redis = runner.run(arq_jobs.connect(house.stack.environment.redis_url))
        try:
            for supplier_id in suppliers:
                _rest()
                taken["ours"].append(_finding_to_tier(house, supplier_id))
                _rest()
                taken["empty job"].append(runner.run(arq_jobs.start_of_empty_job(redis)))
        finally:
            runner.run(redis.aclose(close_connection_pool=True))
    ours, reference = (sorted(seconds[WARMING:]) for seconds in taken.values())
    results = [
        Result(f"finding to tier, idle, {name}", 1000 * of(ours), 1000 * of(reference), "ms", goal, "lower")
        for name, of, goal in (
            ("median", statistics.median, GOAL_OF_MEDIAN),
            ("99th percentile", _p99, GOAL_OF_P99),
        )
    ]
    for result in results:
        say(f"  {result.work}: {result.ours:.0f} ms, an empty job {result.reference:.0f} ms")
    return results


def _suppliers(house: House, count: int) -> list[str]:
    stamp = f"{time.time_ns():x}"
    made: list[str] = []
    for number in range(count):
        body = {"code": f"BENCH-{stamp}-{number}", "name": f"Measured {number}"}
        made.append(house.api.post("registry", "/v1/suppliers", body).json()["id"])
    wait_for(lambda: house.api.get("scoring", "/v1/freshness")["fresh"], 60)
    return made


def wait_for(is_so: Callable[[], bool], patience: float = PATIENCE_SECONDS) -> None:
    """Wait until a question is answered with yes."""
    deadline = time.monotonic() + patience
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError("The stack does not come to rest.")
        time.sleep(LOOK_SECONDS)


def _rest() -> None:
    time.sleep(IDLE_SECONDS + random.random() / 10)  # noqa: S311  # no secret


def _finding_to_tier(house: House, supplier_id: str) -> float:
    discovered = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()
    body = {
        "supplier_id": supplier_id,
        "finding_ref": f"F-{supplier_id}",
        "standard": "RBA",
        "code_version": "8.0",
        "provision": "A1",
        "severity": "priority",
        "discovered_on": discovered,
    }

    def reasons() -> Any:
        return house.api.get("scoring", f"/v1/scores/{supplier_id}")["tier_reasons"]

    began = time.perf_counter()
    house.api.post("audit", "/v1/findings", body)
    wait_for(lambda: "open_priority_finding" in reasons())
    return time.perf_counter() - began


def _p99(seconds: list[float]) -> float:
    return seconds[min(len(seconds) - 1, int(0.99 * len(seconds)))]
