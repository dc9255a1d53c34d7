"""A population of suppliers with findings, performance and sourcing in the last quarter that is over."""

from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import httpx

from services.scoring.domain.quarter import Quarter
from shared.feed.following import Event
from shared.ids import new_id
from tests.scoring.feeding import drain, finding_event, supplier_event, take_in
from tests.scoring.policy_makers import TODAY
from tests.stage import Stage

QUARTER = Quarter.holding(TODAY).previous
COMMODITIES = ("CABLE", "GLASS", "PCB")
STATUSES = ("active", "active", "active", "probation", "suspended", "prospect")


class Population:
    """Suppliers S00, S01 ...; the same for the same seed."""

    def __init__(self, stage: Stage, seed: int = 1) -> None:
        self.stage = stage
        self.random = Random(seed)
        self.ids: dict[str, UUID] = {}
        self.pos = 0

    async def settle_in(self, suppliers: int) -> None:
        """Have them known, scored, reported on and sourced from."""
        codes = [f"S{number:02}" for number in range(suppliers)]
        async with self.stage.machine("scoring", "scoring:write") as client:
            risk = {"source": "World Bank WGI", "mean_percentile_rank": 80}
            await _sent(client, f"/v1/country-risks/TW/{QUARTER.year - 1}", risk)
            await take_in(self.stage, "registry", *(self._supplier(number, code) for number, code in enumerate(codes)))
            await take_in(self.stage, "audit", *(event for code in codes for event in self._evidence(code)))
            await drain(self.stage, TODAY)
            for code in codes[: suppliers - 2]:
                names = self.random.sample(["quality", "cost", "delivery", "service"], self.random.randint(2, 4))
                figures = {name: self.random.randint(40, 100) for name in names}
                await _sent(client, f"/v1/performance/{QUARTER}/{code}", figures)
            for commodity in COMMODITIES:
                lines = [
                    {"supplier_code": code, "baseline_share": 0.25, "capacity_share": 0.5}
                    for code in self.random.sample(codes, 4)
                ]
                await _sent(client, f"/v1/sourcing/{QUARTER}/{commodity}", {"lines": lines})

    def _supplier(self, number: int, code: str) -> Event:
        self.ids[code] = new_id()
        merged_into = str(self.ids["S00"]) if number == 1 else None
        self.pos += 1
        status = "active" if number < 2 else self.random.choice(STATUSES)
        country = self.random.choice(["TW", None])
        return supplier_event(
            self.pos, self.ids[code], code=code, country=country, status=status, merged_into=merged_into
        )

    def _evidence(self, code: str) -> list[Event]:
        conducted_on = QUARTER.last_day - timedelta(self.random.randint(100, 500))
        audit: dict[str, Any] = {
            "supplier_id": str(self.ids[code]),
            "kind": "vap",
            "scope": [],
            "site_code": None,
            "conducted_on": conducted_on.isoformat(),
            "withdrawn_on": None,
        }
        self.pos += 1
        events = [Event(self.pos, "audit.recorded", "audit", new_id(), audit)]
        for _ in range(self.random.randint(0, 5)):
            self.pos += 1
            found = {
                "provision": self.random.choice(["A3", "B1", "C2", "D7", "E4"]),
                "severity": self.random.choice(["priority", "major", "minor", "minor"]),
                "discovered_on": conducted_on.isoformat(),
                "due_on": (conducted_on + timedelta(self.random.choice([60, 200, 700]))).isoformat(),
                "transitions": self.random.choice(
                    [[], [{"to": "closed", "on": (conducted_on + timedelta(50)).isoformat()}]]
                ),
            }
            events.append(finding_event(self.pos, self.ids[code], **found))
        return events


async def _sent(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
    answer = await client.put(path, json=body)
    assert answer.is_success, answer.text
