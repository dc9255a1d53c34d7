"""The ceiling: Starlette, asyncpg and orjson on the same rows, with nothing around them; a process of its own.

No authentication, no limits, no log, no checks. `python -m benchmarks.bare` serves at HOST and PORT from DATABASE_URL.
"""

import contextlib
import os
from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID

import asyncpg
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.ids import new_id

POOL = 10
SCORE = "SELECT * FROM scoring.score WHERE supplier_id = $1"
SCORES = "SELECT * FROM scoring.score ORDER BY supplier_id LIMIT $1"
TABLES = """
    CREATE SCHEMA IF NOT EXISTS bare;
    GRANT USAGE ON SCHEMA bare, scoring TO PUBLIC;
    CREATE TABLE IF NOT EXISTS bare.finding (LIKE audit.finding INCLUDING ALL);
    CREATE TABLE IF NOT EXISTS bare.event (LIKE audit.feed_event INCLUDING ALL);
"""
"""With the defaults, checks and indexes of ours."""
FINDING = """
    INSERT INTO bare.finding (id, version, finding_ref, supplier_id, standard, code_version, provision, severity,
        site_given, description, discovered_on, due_on, due_given, plan_due_on, status, imported, created_by)
    VALUES ($1, 1, $2, $3, $4, $5, $6, $7, false, $8, $9, $9, false, $9, 'open', false, 'bare')
"""
EVENT = """
    INSERT INTO bare.event (id, type, resource, resource_id, version, time, data)
    VALUES ($1, 'finding.created', 'finding', $2, 1, now(), $3)
"""


def _plain(value: object) -> str:
    return str(value)


def _answer(body: object, status: int = 200) -> Response:
    return Response(orjson.dumps(body, default=_plain), status, media_type="application/json")


async def read_score(request: Request) -> Response:
    """One row by its key."""
    row = await request.app.state.pool.fetchrow(SCORE, UUID(request.path_params["supplier_id"]))
    return _answer(dict(row))


async def list_scores(request: Request) -> Response:
    """The first rows by key."""
    rows = await request.app.state.pool.fetch(SCORES, int(request.query_params["limit"]))
    return _answer([dict(row) for row in rows])


async def write_finding(request: Request) -> Response:
    """Two inserts in one transaction."""
    body = await request.body()
    given = orjson.loads(body)
    finding_id, day = new_id(), date.fromisoformat(given["discovered_on"])
    values = [given[name] for name in ("standard", "code_version", "provision", "severity", "description")]
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        supplier_id = UUID(given["supplier_id"])
        await connection.execute(FINDING, finding_id, given["finding_ref"], supplier_id, *values, day)
        await connection.execute(EVENT, new_id(), finding_id, body.decode())
    return _answer({"id": finding_id, **given}, 201)


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """With as many connections as a service has."""
    settings = {"jit": "off", "timezone": "UTC"}
    url = os.environ["DATABASE_URL"]
    async with asyncpg.create_pool(url, min_size=POOL, max_size=POOL, server_settings=settings) as app.state.pool:
        yield


app = Starlette(
    routes=[
        Route("/scores/{supplier_id}", read_score),
        Route("/scores", list_scores),
        Route("/findings", write_finding, methods=["POST"]),
    ],
    lifespan=lifespan,
)


if __name__ == "__main__":
    # As shared/app.py serves.
    uvicorn.run(
        app,
        host=os.environ["HOST"],
        port=int(os.environ["PORT"]),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
    )
