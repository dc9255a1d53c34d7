"""The four services in one process on real servers, and the callers that tests play."""

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
import httpx
import uvicorn
from alembic import command
from fastapi import FastAPI
from joserfc.jwk import OKPKey

from local.servers.embedded import Servers
from local.settings_table import settings_class
from migrations.histories import SERVICES, config_for
from shared.auth import keys, tokens
from shared.ids import new_id
from shared.tasks import run_due
from shared.web.resources import TOKEN_ISSUER, Resources
from tests.untold import Watched

PASSWORDS = {role: f"{role}-password" for role in ("migrator", *SERVICES)}
# Truncating makes a new file for every table; nearly all of them are empty, and an empty one is quickly known for that.
EMPTY_WHAT_IS_NOT = """
DO $$
DECLARE
    name text;
    filled boolean;
    found text[] := '{}';
BEGIN
    FOR name IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
        WHERE schemaname IN ('registry', 'audit', 'engagement', 'scoring')
            AND tablename NOT IN ('alembic_version', 'policy', 'feed_state', 'standard', 'provision')
    LOOP
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || name || ')' INTO filled;
        IF filled THEN found := found || name; END IF;
    END LOOP;
    IF found <> '{}' THEN EXECUTE 'TRUNCATE ' || array_to_string(found, ', ') || ' CASCADE'; END IF;
    DELETE FROM scoring.policy WHERE version > 1;
    DELETE FROM audit.provision WHERE standard <> 'RBA';
    DELETE FROM audit.standard WHERE standard <> 'RBA';
    UPDATE registry.feed_state SET epoch = gen_random_uuid(), head = 0;
    UPDATE audit.feed_state SET epoch = gen_random_uuid(), head = 0;
    UPDATE engagement.feed_state SET epoch = gen_random_uuid(), head = 0;
    UPDATE scoring.feed_state SET epoch = gen_random_uuid(), head = 0;
END $$
"""
PEOPLE = "http://people"
ROLES = {"manager": ["admin"], "auditor": ["audit:read", "audit:write", "audit:verify"]}


def url_of_role(admin_url: str, role: str) -> str:
    """The database as one of the project's roles sees it."""
    parts = urlsplit(admin_url)
    return urlunsplit(("postgresql", f"{role}:{PASSWORDS[role]}@{parts.hostname}:{parts.port}", "/bellwether", "", ""))


def migrate(service: str, migration_url: str, revision: str = "head") -> None:
    """Bring one service's schema to a revision."""
    command.upgrade(config_for(service, migration_url), revision)


class InProcess(httpx.AsyncBaseTransport):
    """Sends each request to the application that answers for its host name."""

    def __init__(self) -> None:
        self.applications: dict[str, httpx.AsyncBaseTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            answering = self.applications[request.url.host]
        except KeyError:
            raise httpx.ConnectError(f"{request.url.host} is away") from None
        return await answering.handle_async_request(request)


@dataclass
class Stage:
    """What tests act on."""

    servers: Servers
    folder: Path
    transport: InProcess
    token_key: OKPKey
    people_key: OKPKey
    apps: dict[str, FastAPI] = field(default_factory=dict)
    untold: set[str] = field(default_factory=set)
    """Answers that their operations' descriptions do not tell of; a test that gets one fails."""

    @classmethod
    @asynccontextmanager
    async def open(cls, servers: Servers, folder: Path) -> AsyncIterator["Stage"]:
        """Write the keys, start the applications."""
        peer_keys = folder / "peers"
        peer_keys.mkdir()
        for name in (*SERVICES, "tokens"):
            key = OKPKey.generate_key("Ed25519")
            (folder / f"{name}.pem").write_bytes(key.as_pem(private=True))
            if name in SERVICES:
                (peer_keys / f"{name}.pem").write_bytes(key.as_pem(private=False))
        people_key = keys.with_key_id(OKPKey.generate_key("Ed25519"))
        stage = cls(servers, folder, InProcess(), keys.load_private_key(folder / "tokens.pem"), people_key)
        stage.transport.applications["people"] = httpx.MockTransport(stage.answer_for_people)
        async with contextlib.AsyncExitStack() as stack:
            for service in SERVICES:
                main = importlib.import_module(f"services.{service}.main")
                app = main.create_app(stage.settings(service), transport=stage.transport)
                await stack.enter_async_context(app.router.lifespan_context(app))
                stage.apps[service] = app
                stage.transport.applications[service] = httpx.ASGITransport(Watched(service, app, stage.untold))
            yield stage

    def settings(self, service: str, **changes: Any) -> Any:
        """A service's settings on this stage."""
        values = {
            "database_url": url_of_role(self.servers.admin_url, service),
            "redis_url": self.servers.redis_url,
            "service_key_file": self.folder / f"{service}.pem",
            "peer_keys_dir": self.folder / "peers",
            "token_key_file": self.folder / "tokens.pem",
            "files_url": (self.folder / "files").as_uri(),
            "public_url": "http://door",
            # A test asks more in a minute than people in a day; limits are tested at applications of their own.
            "rate_limit_requests": 0,
            "rate_limit_imports": 0,
            "rate_limit_tokens": 0,
            "rate_limit_wrong_secrets": 0,
            "wecom_url": "http://127.0.0.1:9",  # nobody; tests that want one bring a receiver
            "webhook_allowed_networks": "127.0.0.0/8",  # where tests' receivers are
            "oidc_issuer": PEOPLE,
            "oidc_scopes": ROLES,
            **{f"{name}_url": f"http://{name}" for name in SERVICES},
        }
        return settings_class(service)(**{**values, **changes})

    def resources(self, service: str) -> Resources:
        """What the service's process holds open."""
        resources: Resources = self.apps[service].state.resources
        return resources

    def answer_for_people(self, request: httpx.Request) -> httpx.Response:
        """The company's OIDC issuer: somebody else's system, so a stand-in at the socket."""
        if request.url.path == "/.well-known/openid-configuration":
            return httpx.Response(200, json={"issuer": PEOPLE, "jwks_uri": f"{PEOPLE}/jwks"})
        return httpx.Response(200, json={"keys": [self.people_key.as_dict(private=False)]})

    def machine(self, service: str, *scopes: str, supplier_id: UUID | str | None = None) -> httpx.AsyncClient:
        """An API client of `service` with these scopes; all of them where none is named."""
        client_id = str(new_id())
        claims = {"iss": TOKEN_ISSUER, "aud": tokens.AUDIENCE, "sub": client_id, "client_id": client_id}
        claims["scope"] = " ".join(scopes or ("admin",))
        if supplier_id is not None:
            claims["supplier_id"] = str(supplier_id)
        return self.caller(service, tokens.sign(self.token_key, claims, seconds=300))

    def person(self, service: str, name: str = "ann", roles: Sequence[str] = ("manager",)) -> httpx.AsyncClient:
        """A person with these roles at the company's issuer."""
        claims = {"iss": PEOPLE, "aud": tokens.AUDIENCE, "sub": name, "roles": list(roles)}
        return self.caller(service, tokens.sign(self.people_key, claims, seconds=300))

    def caller(self, service: str, token: str | None = None) -> httpx.AsyncClient:
        """Whoever holds `token`; nobody without one."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(transport=self.transport, base_url=f"http://{service}", headers=headers)

    async def run_tasks(self, service: str) -> None:
        """Do what the service's worker would do for the tasks that are due."""
        tasks = importlib.import_module(f"services.{service}.tasks")
        resources = self.resources(service)
        await run_due(resources.database, tasks.handlers(resources), tasks.GIVE_UP)

    async def import_file(
        self,
        service: str,
        kind: str,
        data: str | bytes,
        *,
        content_type: str = "text/csv",
        dry_run: bool = False,
        **params: str,
    ) -> dict[str, Any]:
        """Post a file, have the worker take it in, and return the run with its `errors`."""
        async with self.machine(service) as client:
            answer = await client.post(
                f"/v1/imports/{kind}",
                content=data.encode() if isinstance(data, str) else data,
                headers={"Content-Type": content_type},
                params={"dry_run": dry_run, **params},
            )
            assert answer.status_code == 202, answer.text
            await self.run_tasks(service)
            location = answer.headers["location"]
            run: dict[str, Any] = (await client.get(location)).json()
            run["errors"] = (await client.get(f"{location}/errors", params={"limit": 200})).json()["items"]
            return run

    async def clear(self) -> None:
        """Empty every table, as after the first migration."""
        connection = await asyncpg.connect(url_of_role(self.servers.admin_url, "migrator"))
        try:
            await connection.execute(EMPTY_WHAT_IS_NOT)
        finally:
            await connection.close()

    async def quiet(self) -> None:
        """Let rings under way end before the test does."""
        for service in SERVICES:
            doorbell = self.resources(service).doorbell
            while doorbell._ringing:
                # Awaiting a task that has just ended would not let go of the loop; this does.
                await asyncio.wait(doorbell._ringing)

    async def psql(self, service: str, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Rows of a query in a service's schema, as its own role."""
        url = url_of_role(self.servers.admin_url, service)
        connection = await asyncpg.connect(url, server_settings={"search_path": service})
        try:
            return list(await connection.fetch(query, *arguments))
        finally:
            await connection.close()

    async def settle(self) -> None:
        """Have the scoring worker take in and score everything that there is now."""
        worker_of = importlib.import_module("services.scoring.worker")
        await worker_of.ScoresWorker(self.resources("scoring")).tick()
        recalculating = importlib.import_module("services.scoring.service.recalculating")
        while await recalculating.take_step(self.resources("scoring").database):
            pass


@contextlib.asynccontextmanager
async def over_http(stage: Stage, service: str) -> AsyncIterator[str]:
    """One of the stage's services at a real port, for processes of their own; yields its address."""
    config = uvicorn.Config(stage.apps[service], port=0, lifespan="off", log_config=None, ws="none")
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[method-assign]
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn sets a flag
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


@contextlib.asynccontextmanager
async def serving(app: Any, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """A caller of an application that is not one of the stage's, for the time of a `with` block."""
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service", headers=headers) as client,
    ):
        yield client
