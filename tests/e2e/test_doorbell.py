"""Redis is a doorbell: whatever happens to it, writes go on, and the tiers follow."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import redis

from tests.e2e.conftest import House

SUPPLIERS, FINDINGS, KILLS = 4, 24, 3
DISCOVERED = (datetime.now(UTC).date() - timedelta(days=10)).isoformat()


def create_suppliers(house: House, prefix: str) -> list[str]:
    return [
        house.api.post("registry", "/v1/suppliers", {"code": f"{prefix}-{n}", "name": f"{prefix} {n}"}).json()["id"]
        for n in range(SUPPLIERS)
    ]


def post_findings(house: House, suppliers: list[str], numbers: range) -> list[tuple[str, str]]:
    """Post findings one by one; each is answered, and without delay."""
    posted = []
    for n in numbers:
        supplier_id = suppliers[n % len(suppliers)]
        body = {
            "supplier_id": supplier_id,
            "finding_ref": f"{supplier_id}-{n}",
            "standard": "RBA",
            "code_version": "8.0",
            "provision": "A3",
            "severity": "minor",
            "discovered_on": DISCOVERED,
        }
        began = time.monotonic()
        answer = house.api.post("audit", "/v1/findings", body)
        assert time.monotonic() - began < 3
        posted.append((supplier_id, answer.json()["id"]))
    return posted


def counted_findings(house: House, supplier_id: str) -> set[str]:
    explanation: dict[str, Any] = house.api.get("scoring", f"/v1/scores/{supplier_id}/explanation")
    return {finding["id"] for finding in explanation["findings"]}


def wait_until_scored(house: House, posted: list[tuple[str, str]], seconds: float) -> None:
    """Every posted finding counts in its supplier's stored score, and nobody waits any more."""
    deadline = time.monotonic() + seconds
    while not house.api.get("scoring", "/v1/freshness")["fresh"]:
        assert time.monotonic() < deadline, house.api.get("scoring", "/v1/freshness")
        time.sleep(0.1)
    for supplier_id in {supplier_id for supplier_id, _ in posted}:
        assert counted_findings(house, supplier_id) == {finding for owner, finding in posted if owner == supplier_id}
        score = house.api.get("scoring", f"/v1/scores/{supplier_id}")
        history = house.api.get("scoring", f"/v1/scores/{supplier_id}/history")["items"]
        assert score["score"] == history[0]["score"] < 56.5


def flush(house: House) -> None:
    with redis.Redis.from_url(house.servers.redis_url) as client:
        client.flushall()


@contextmanager
def hanging(pid: int) -> Iterator[None]:
    """A process that neither answers nor goes away."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_redis_flushed_in_the_middle_loses_nothing(house: House) -> None:
    suppliers = create_suppliers(house, "FLUSHED")
    posted = []
    for n in range(0, FINDINGS, 6):
        posted += post_findings(house, suppliers, range(n, n + 6))
        flush(house)
    wait_until_scored(house, posted, seconds=10)


def test_redis_hanging_in_the_middle_delays_no_write_and_loses_nothing(house: House) -> None:
    suppliers = create_suppliers(house, "HANGING")
    posted = post_findings(house, suppliers, range(4))
    with hanging(house.supervisor.pid_of("valkey")):
        posted += post_findings(house, suppliers, range(4, FINDINGS))
    wait_until_scored(house, posted, seconds=10)


def test_redis_killed_and_started_empty_loses_nothing(house: House) -> None:
    suppliers = create_suppliers(house, "KILLED")
    posted = []
    for n in range(0, FINDINGS, FINDINGS // KILLS):
        os.kill(house.supervisor.pid_of("valkey"), signal.SIGKILL)
        posted += post_findings(house, suppliers, range(n, n + FINDINGS // KILLS))
        house.supervisor.wait_until_ready("valkey")
    wait_until_scored(house, posted, seconds=15)
