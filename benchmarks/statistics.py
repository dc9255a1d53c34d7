"""Statistics through the API against the bare SQL on the same tables.

Starts servers of its own and fills them with suppliers, audits and findings of five years. For each way of grouping it
then asks by turns the API (in process, with authentication, the question for the policy, JSON) and PostgreSQL alone
(asyncpg, the same statement, all rows fetched), over all findings.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import asyncpg
import httpx
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from benchmarks.results import Result
from benchmarks.rounds import by_turns_async, say, scaled
from benchmarks.servers import migrated_servers
from services.audit.clients import ScoringClient
from services.audit.domain.statistics import Period
from services.audit.repository import finding_statistics
from services.audit.repository import statistics as repository
from services.audit.schemas.statistics import FindingGroupBy
from services.audit.service.statistics import category_rules
from tests.stage import Stage, url_of_role

GOAL = 1.2
ALL = 1_000_000
ROUNDS = 5
MOST_GROUPS = 1000
FINDINGS_OF_AN_AUDIT, AUDITS_OF_A_SUPPLIER = 10, 5
SUPPLIERS = """
    INSERT INTO supplier_copy (id, pos, code, name, country, supply_tier, kind, status)
    SELECT gen_random_uuid(), n, 'S' || n, 'Supplier ' || n, (ARRAY['TW','CN','VN','MY','MX','TH'])[1 + n % 6],
        1 + n % 3, 'general', 'active'
    FROM generate_series(1, $1::integer) AS n
"""
AUDITS = """
    INSERT INTO audit (id, version, audit_ref, supplier_id, kind, standard, scope, conducted_on, created_by)
    SELECT gen_random_uuid(), 1, s.code || '-' || k, s.id, (ARRAY['vap','cma','internal','supplemental'])[1 + k % 4],
        'RBA VAP 8.0', '{}', CURRENT_DATE - 30 - 365 * k + (s.pos % 300)::integer, 'bench'
    FROM supplier_copy s, generate_series(1, $1::integer) AS k
"""
FINDINGS = """
    INSERT INTO finding (id, version, finding_ref, supplier_id, audit_id, standard, code_version, provision, severity,
        site_given, description, discovered_on, due_on, due_given, plan_due_on, status, closed_on, withdrawn_on,
        imported, created_by)
    SELECT gen_random_uuid(), 1, 'F' || n, a.supplier_id, a.id, 'RBA', '8.0', p.codes[1 + n * 7919 % 42],
        (ARRAY['minor','minor','minor','major','major','priority'])[1 + n % 6], false,
        'Emergency exits of the dormitory were found blocked on the day of the audit, number ' || n,
        a.conducted_on, a.conducted_on + 180, false, a.conducted_on + 14,
        CASE WHEN n % 100 = 0 THEN 'withdrawn' WHEN n % 10 < 7 THEN 'closed' ELSE 'open' END,
        CASE WHEN n % 100 > 0 AND n % 10 < 7
            THEN least(CURRENT_DATE, a.conducted_on + 10 + (n * 31 % 300)::integer) END,
        CASE WHEN n % 100 = 0 THEN CURRENT_DATE END, true, 'bench'
    FROM (SELECT *, row_number() OVER (ORDER BY conducted_on, id) - 1 AS i FROM audit) AS a,
        LATERAL (SELECT i * $1::integer + k AS n FROM generate_series(1, $1::integer) AS k) AS numbered,
        (SELECT array_agg(code) AS codes FROM provision WHERE standard = 'RBA' AND version = '8.0') AS p
"""


async def fill(url: str, findings: int) -> None:
    """Put that many findings into the audit service's tables."""
    suppliers = max(1, findings // (FINDINGS_OF_AN_AUDIT * AUDITS_OF_A_SUPPLIER))
    connection = await asyncpg.connect(url, server_settings={"search_path": "audit"})
    await connection.execute(SUPPLIERS, suppliers)
    await connection.execute(AUDITS, AUDITS_OF_A_SUPPLIER)
    await connection.execute(FINDINGS, FINDINGS_OF_AN_AUDIT)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


async def bare(stage: Stage, connection: asyncpg.Connection, group_by: str, period: Period) -> Callable[[], Any]:
    """The same statement, ready to be sent without anything around it."""
    audit, today = stage.resources("audit"), datetime.now(UTC).date()
    categories: list[tuple[str, str, str, str]] = []
    if group_by == "category":
        rules = category_rules(await ScoringClient(audit).policy_on(today))
        async with audit.database.snapshot() as session:
            categories = await repository.mapped_provisions(session, rules)
    parameters = repository.finding_parameters(period, today, {}, categories, MOST_GROUPS)
    compiled = text(finding_statistics.statement(group_by, {})).compile(dialect=dialect())  # type: ignore[no-untyped-call]
    values = [parameters[name] for name in compiled.positiontup or ()]

    async def run() -> list[Any]:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.execute(str(repository.PREPARE))
            return list(await connection.fetch(str(compiled), *values))

    return run


async def through_api(client: httpx.AsyncClient, group_by: str, period: Period) -> None:
    """One request, answered."""
    days = {"from": period.first.isoformat(), "to": period.last.isoformat()}
    answer = await client.get("/v1/statistics/findings", params={"group_by": group_by, "limit": MOST_GROUPS, **days})
    answer.raise_for_status()


async def seconds(work: Callable[[], Awaitable[Any]]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


async def compare(stage: Stage, findings: int) -> list[Result]:
    """Each way of grouping by turns."""
    today = datetime.now(UTC).date()
    period = Period(today - timedelta(days=6 * 365), today, today)
    url = url_of_role(stage.servers.admin_url, "audit")
    connection = await asyncpg.connect(url, server_settings={"search_path": "audit", "jit": "off"})
    results = []
    async with stage.machine("audit", "audit:read") as client:
        client.timeout = httpx.Timeout(60)
        for group_by in get_args(FindingGroupBy):
            without = await bare(stage, connection, group_by, period)

            async def with_api(group_by: str = group_by) -> None:
                await through_api(client, group_by, period)

            for warming in (without, with_api):
                await warming()
            works = {"ours": lambda work=with_api: seconds(work), "SQL": lambda work=without: seconds(work)}
            median = await by_turns_async(scaled(ROUNDS, least=3), works)
            ours, reference = 1000 * median["ours"], 1000 * median["SQL"]
            say(f"  statistics on {findings} findings by {group_by}: {ours:.0f} ms, SQL {reference:.0f} ms")
            results.append(
                Result(f"statistics on {ALL:,} findings, by {group_by}", ours, reference, "ms", GOAL, "lower")
            )
    await connection.close()
    return results


async def run(servers: Any, folder: Path, findings: int) -> list[Result]:
    """Fill, then measure."""
    await fill(url_of_role(servers.admin_url, "migrator"), findings)
    async with Stage.open(servers, folder) as stage:
        return await compare(stage, findings)


def measure() -> list[Result]:
    """On servers of its own."""
    with migrated_servers() as (servers, folder):
        return asyncio.run(run(servers, folder, scaled(ALL, least=5000)))
