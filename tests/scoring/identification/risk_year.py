"""A year's risk identification as tests play it: suppliers with evidence, a worker, and whoever reads."""

import csv
import io
import itertools
import json
from datetime import UTC, date, datetime
from typing import Any

import httpx
import python_calamine

from services.scoring import tasks
from services.scoring.service.identification import identifications, running
from shared.tasks import Later, Lease, run_due
from tests.stage import Stage

TODAY = datetime.now(UTC).date()
THIS, LAST = TODAY.year, TODAY.year - 1
PATH = "/v1/risk-identifications"

POLICY = """
    INSERT INTO policy (version, name, status, valid_from, document, created_by)
    SELECT $1, 'identifying', 'published', $2, document || CAST($3 AS jsonb), 'test' FROM policy WHERE version = 1
"""
versions = itertools.count(3001)
"""A published policy never changes, so no version comes twice in the life of a process."""

MANY = """
    INSERT INTO supplier_copy (id, pos, scored_as, code, name, country, supply_tier, kind, status, annual_spend,
        identifiers)
    SELECT id, 0, id, 'M' || lpad(n::text, 6, '0'), 'Maker ' || n, CASE n % 3 WHEN 0 THEN 'TW' WHEN 1 THEN 'CN' END,
        1 + n % 3, 'general', CASE WHEN n % 10 = 0 THEN 'inactive' WHEN n % 10 = 1 THEN 'probation' ELSE 'active' END,
        NULL, '[]'
    FROM (SELECT gen_random_uuid() AS id, n FROM generate_series(1, $1) AS n) AS made
"""
MANY_FINDINGS = """
    INSERT INTO finding_copy (id, pos, supplier_id, standard, code_version, provision, severity, discovered_on, due_on,
        transitions)
    SELECT gen_random_uuid(), 0, s.id, 'RBA', '8.0', p.provision,
        CASE hashtext(s.code || p.provision) % 3 WHEN 0 THEN 'major' WHEN 1 THEN 'minor' ELSE 'priority' END,
        CURRENT_DATE - 100, CURRENT_DATE - 10, '[]'
    FROM supplier_copy s, unnest(ARRAY['A3', 'C3', 'D7', 'E1']) AS p(provision)
    WHERE hashtext(p.provision || s.code) % 4 = 0
"""
MANY_AUDITS = """
    INSERT INTO audit_copy (id, pos, supplier_id, kind, scope, conducted_on)
    SELECT gen_random_uuid(), 0, id, CASE hashtext(code) % 2 WHEN 0 THEN 'vap' ELSE 'document_review' END, '{}',
        CURRENT_DATE - 100
    FROM supplier_copy WHERE hashtext(code) % 3 <> 0
"""


class RiskYear:
    """The registry's suppliers by code, and what is asked of scoring."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.ids: dict[str, str] = {}

    async def know(self, code: str, **fields: Any) -> str:
        """The registry has a supplier."""
        body = {"code": code, "name": f"{code} Co.", "country": "TW", "status": "active", **fields}
        async with self.stage.machine("registry") as client:
            answer = await client.post("/v1/suppliers", json=body)
            assert answer.status_code == 201, answer.text
        self.ids[code] = answer.json()["id"]
        return self.ids[code]

    async def spend(self, code: str, amount: str | None, currency: str = "TWD", **fields: Any) -> None:
        """The registry has a supplier from whom that much is bought in a year."""
        money = None if amount is None else {"amount": amount, "currency": currency}
        await self.know(code, annual_spend=money, **fields)

    async def find(self, code: str, severity: str = "priority", discovered_on: date = TODAY) -> str:
        """Somebody has found something at the supplier."""
        body = {
            "supplier_id": self.ids[code],
            "provision": "C3",
            "code_version": "8.0",
            "severity": severity,
            "discovered_on": discovered_on.isoformat(),
        }
        async with self.stage.machine("audit") as client:
            answer = await client.post("/v1/findings", json=body)
            assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def decree(self, **parts: Any) -> int:
        """A policy that differs from the default in these parts, in force for ever; returns its version."""
        version = next(versions)
        document = json.dumps({"version": version, "name": "identifying", **parts})
        await self.stage.psql("scoring", POLICY, version, date(2000, 1, 1), document)
        return version

    async def know_many(self, count: int) -> None:
        """Many suppliers of all kinds at once, most of them with evidence, all of them scored."""
        for statement, *arguments in ((MANY, count), (MANY_FINDINGS,), (MANY_AUDITS,)):
            await self.stage.psql("scoring", statement, *arguments)
        risk = {"source": "World Bank WGI", "mean_percentile_rank": 62.5}
        async with self.stage.machine("scoring") as client:
            assert (await client.put("/v1/country-risks/TW/2024", json=risk)).is_success
        mark = "INSERT INTO dirty (supplier_id, evidence) SELECT id, true FROM supplier_copy ON CONFLICT DO NOTHING"
        await self.stage.psql("scoring", mark)
        await self.stage.settle()

    async def ask(self, year: int = THIS, *, by: str | None = None, **fields: Any) -> httpx.Response:
        """Ask for a run, as a person or a machine."""
        caller = self.stage.machine("scoring", "scoring:write") if by is None else self.stage.person("scoring", by)
        async with caller as client:
            return await client.post(PATH, json={"year": year, **fields})

    async def work(self, **settings: Any) -> None:
        """Do what the worker would do."""
        resources = self.stage.resources("scoring")
        handlers = running.task_handlers(resources, **settings)
        await run_due(resources.database, handlers, tasks.GIVE_UP)

    async def work_one_chunk(self, chunk: int) -> None:
        """Do the first chunk; the rest waits for a worker."""
        resources = self.stage.resources("scoring")
        handlers = running.task_handlers(resources, chunk=chunk, turn=0)
        first = True

        async def once(lease: Lease) -> None:
            nonlocal first
            if not first:
                raise Later(3600)
            first = False
            await handlers[identifications.TASK_KIND](lease)

        await run_due(resources.database, {identifications.TASK_KIND: once})
        await self.stage.psql("scoring", "UPDATE task SET next_attempt_at = now()")

    async def identify(self, year: int = THIS, **fields: Any) -> dict[str, Any]:
        """Score everything, ask for a run, do it; returns it."""
        await self.stage.settle()
        asked = await self.ask(year, **fields)
        assert asked.status_code == 202, asked.text
        await self.work()
        run: dict[str, Any] = await self.get(asked.headers["location"])
        assert run["status"] == "frozen", run
        return run

    async def read(self, path: str, *, accept: str | None = None, **params: Any) -> httpx.Response:
        headers = {} if accept is None else {"Accept": accept}
        async with self.stage.machine("scoring", "scoring:read") as client:
            return await client.get(path, params=params, headers=headers)

    async def get(self, path: str, **params: Any) -> Any:
        answer = await self.read(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def all_of(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Every item of a list, page by page."""
        items: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = await self.get(path, limit=200, **params, **cursor)
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            cursor = {"cursor": page["next_cursor"]}

    async def risks(self, which: int | str = THIS, **params: Any) -> dict[str, dict[str, Any]]:
        """Supplier code -> its risks in a run, in the order of the list."""
        return {risk["supplier_code"]: risk for risk in await self.all_of(f"{PATH}/{which}/risks", **params)}


def read_csv(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def read_xlsx(content: bytes) -> list[dict[str, Any]]:
    header, *rows = python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]
