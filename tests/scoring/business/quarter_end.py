"""A quarter's end as tests play it: known suppliers with chosen standings, and the people who decide."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.service.allocation import allocations
from services.scoring.service.review import reviews
from services.scoring.service.standing import Standing
from shared.ids import new_id
from shared.tasks import run_due
from tests.scoring.feeding import drain, supplier_event, take_in
from tests.stage import PEOPLE, Stage

Q = "2026Q3"
ANN, BEN, CHO = (f"{PEOPLE}|{name}" for name in ("ann", "ben", "cho"))
ReadStandings = Callable[[AsyncSession, date, Sequence[UUID]], Awaitable[Mapping[UUID, Standing]]]


class QuarterEnd:
    """Suppliers by code, each with a standing that a test sets."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.ids: dict[str, UUID] = {}
        self.standings: dict[UUID, Standing] = {}
        self.pos = 0

    async def know(self, code: str, *, status: str = "active", merged_into: str | None = None, **standing: Any) -> UUID:
        """The registry has told of this supplier."""
        supplier_id = self.ids.setdefault(code, new_id())
        self.pos += 1
        survivor = None if merged_into is None else str(self.ids[merged_into])
        told = supplier_event(self.pos, supplier_id, code=code, status=status, merged_into=survivor)
        await take_in(self.stage, "registry", told)
        await drain(self.stage, date(2026, 9, 30))
        self.stand(code, status=status, **standing)
        return supplier_id

    def stand(self, code: str, **standing: Any) -> None:
        """How the supplier stands on the quarter's last day."""
        values: dict[str, Any] = {
            "status": "active",
            "score": 80.0,
            "risk_tier": "low",
            "basis": "assessed",
            "priority_missed": False,
        }
        values.update(standing)
        score = values["score"]
        self.standings[self.ids[code]] = Standing(
            supplier_id=self.ids[code],
            supplier_code=code,
            name=f"{code} Co.",
            base=score,
            tier_reasons=[],
            confidence=1.0,
            categories={"labor_employment": score},
            credit=0.0,
            policy_version=1,
            **values,
        )

    async def read_standings(
        self, _session: AsyncSession, _day: date, supplier_ids: Sequence[UUID]
    ) -> dict[UUID, Standing]:
        return {key: self.standings[key] for key in supplier_ids if key in self.standings}

    async def work(self, read_standings: ReadStandings | None = None) -> None:
        """Do what the worker would do for reviews and allocations."""
        resources = self.stage.resources("scoring")
        read = read_standings or self.read_standings
        handlers = {
            **reviews.task_handlers(resources, read_standings=read),
            **allocations.task_handlers(resources, read_standings=read),
        }
        await run_due(resources.database, handlers)

    async def put(self, path: str, body: Any) -> httpx.Response:
        async with self.stage.machine("scoring", "scoring:write") as client:
            return await client.put(path, json=body)

    async def get(self, path: str, **params: Any) -> Any:
        async with self.stage.machine("scoring", "scoring:read") as client:
            answer = await client.get(path, params=params)
            assert answer.status_code == 200, answer.text
            return answer.json()

    async def post(
        self, path: str, body: Any = None, *, by: str | None = None, version: int | str | None = None
    ) -> httpx.Response:
        """POST as a person, or as a machine where none is named."""
        caller = self.stage.machine("scoring") if by is None else self.stage.person("scoring", by)
        headers = {} if version is None else {"If-Match": "*" if version == "*" else f'"{version}"'}
        async with caller as client:
            return await client.post(path, json=body, headers=headers)

    async def patch(self, path: str, body: Any, *, version: int | str | None = None, by: str = "ann") -> httpx.Response:
        """PATCH as a person."""
        headers = {} if version is None else {"If-Match": "*" if version == "*" else f'"{version}"'}
        async with self.stage.person("scoring", by) as client:
            return await client.patch(path, json=body, headers=headers)

    async def perform(self, code: str, quarter: str = Q, **figures: float) -> None:
        answer = await self.put(f"/v1/performance/{quarter}/{code}", figures)
        assert answer.is_success, answer.text

    async def rate(self, quarter: str = Q, /, **totals: float) -> None:
        """Suppliers whose every dimension, and so total, is this figure."""
        for code, total in totals.items():
            await self.know(code, score=total)
            await self.perform(code, quarter, quality=total, cost=total, delivery=total, service=total)

    async def source(self, commodity: str, lines: Mapping[str, Any], quarter: str = Q) -> None:
        """Each supplier's baseline share, or a mapping of all that its line says."""
        body = {
            "lines": [
                {"supplier_code": code, **(line if isinstance(line, dict) else {"baseline_share": line})}
                for code, line in lines.items()
            ]
        }
        answer = await self.put(f"/v1/sourcing/{quarter}/{commodity}", body)
        assert answer.is_success, answer.text

    async def review(self, quarter: str = Q, *, by: str = "ann") -> dict[str, Any]:
        """Have the quarter reviewed; returns the draft."""
        asked = await self.post("/v1/qbrs", {"quarter": quarter}, by=by)
        assert asked.status_code == 202, asked.text
        await self.work()
        draft: dict[str, Any] = await self.get(asked.headers["location"])
        return draft

    async def publish(self, quarter: str = Q) -> dict[str, Any]:
        """Have the quarter reviewed by ann and published by ben."""
        draft = await self.review(quarter)
        answer = await self.post(f"/v1/qbrs/{quarter}/publish", by="ben", version=draft["version"])
        assert answer.status_code == 200, answer.text
        published: dict[str, Any] = answer.json()
        return published

    async def cards(self, quarter: str = Q, **params: Any) -> dict[str, dict[str, Any]]:
        """Supplier code -> scorecard, in the order of the list."""
        page = await self.get(f"/v1/qbrs/{quarter}/scorecards", **params)
        return {card["supplier_code"]: card for card in page["items"]}

    async def allocate(self, quarter: str = Q, *, by: str = "ann") -> dict[str, Any]:
        """Have the quarter's orders allocated; returns the run."""
        asked = await self.post("/v1/allocations", {"qbr_quarter": quarter}, by=by)
        assert asked.status_code == 202, asked.text
        await self.work()
        run: dict[str, Any] = await self.get(asked.headers["location"])
        return run

    async def proposed(self, commodity: str, quarter: str = Q) -> dict[str, Any]:
        """The undecided proposal of a commodity."""
        page = await self.get("/v1/allocations", quarter=quarter, commodity=commodity, status="proposed")
        (found,) = page["items"]
        proposal: dict[str, Any] = found
        return proposal
