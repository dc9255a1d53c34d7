"""Secrets are in no log, no answer and no figure: a mixed load with known ones, and everything is searched for them."""

import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from urllib.parse import urlsplit

import httpx
import pytest

from migrations.histories import SERVICES
from services.audit import main as audit
from services.engagement import main as engagement
from services.engagement import tasks
from shared.logging import configure_logging
from shared.tasks import run_due
from tests.audit import surveying
from tests.engagement import mailed
from tests.engagement.robots import receiver as robot_receiver
from tests.engagement.robots import says
from tests.scoring.webhook_receiver import Post, Reply, receiver
from tests.security.world import World, build_world, make
from tests.shared.test_token_endpoint import GRANT
from tests.stage import PASSWORDS, Stage
from tests.tried import Tried

KEY = "693a91f6-7a1c-4bc4-97a0-0ec2c1fa5bbb"
SMTP_PASSWORD, REDIS_PASSWORD, HOOK_TOKEN = "smtp-pa55-9q", "redis-pa55-8w", "hook-t0ken-7e"
SHORTEST = 8
GIVES_ONCE = (
    ("POST", "/oauth2/token"),
    ("POST", "/v1/clients"),
    ("POST", "/rotate"),
    ("POST", "/v1/webhooks"),
    ("POST", "/link"),
)
"""Requests whose answer is the secret, and the end of their paths."""
FORMS = ("/answer", "/unsubscribe/", "/invitation/", "/calendar/")
"""Pages that are opened by the token in their address, and hand it on to their own forms."""


@dataclass
class Recorder(httpx.AsyncBaseTransport):
    """Stands before the applications and keeps what they answer, but for what gives a secret."""

    inner: httpx.AsyncBaseTransport
    answers: list[tuple[str, str]] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.inner.handle_async_request(request)
        content = await answer.aread()
        path = request.url.path
        given = answer.is_success and any(request.method == method and path.endswith(end) for method, end in GIVES_ONCE)
        if not given and not path.startswith(FORMS):
            told = [f"{name}: {value}" for name, value in answer.headers.items()]
            self.answers.append((f"{request.method} {path}", "\n".join([*told, content.decode("latin-1")])))
        return httpx.Response(answer.status_code, headers=answer.headers, content=content)


@pytest.fixture
def everything_logged() -> Iterator[StringIO]:
    written = StringIO()
    with redirect_stdout(written):
        configure_logging("tests", "DEBUG", "json")
    yield written
    configure_logging("tests", "WARNING", "json")


@asynccontextmanager
async def recording(stage: Stage) -> AsyncIterator[Recorder]:
    before = dict(stage.transport.applications)
    recorders = {name: Recorder(before[name]) for name in SERVICES}
    stage.transport.applications.update(recorders)
    together = Recorder(next(iter(before.values())))
    try:
        yield together
    finally:
        stage.transport.applications.update(before)
        for recorder in recorders.values():
            together.answers += recorder.answers


async def test_no_secret_is_logged_answered_or_told_as_a_figure(
    stage: Stage, everything_logged: StringIO, tried: Tried
) -> None:
    secrets: dict[str, str] = {}
    async with recording(stage) as recorder:
        world = await build_world(stage)
        await _tokens(stage, secrets)
        await _webhooks(stage, secrets)
        await _robots(stage, secrets)
        await _links(world, secrets)
        await _errors(stage, secrets)
        figures = await _figures(stage)
        secrets |= _held_by_processes(stage)
    answers = [*recorder.answers, *figures]
    log = everything_logged.getvalue()
    assert log.count('"event":"request"') > 100
    assert all(len(secret) >= SHORTEST for secret in secrets.values()), secrets
    logged = {name: _where(log, secret) for name, secret in secrets.items() if secret in log}
    shown = {(name, asked) for name, secret in secrets.items() for asked, text in answers if secret in text}
    tried(
        "secrets in logs, answers and figures",
        requests=len(answers),
        attacks=len(secrets),
        failures=len(logged) + len(shown),
    )
    assert not logged, logged
    assert not shown, shown
    assert len(secrets) >= 20, sorted(secrets)


def _where(log: str, secret: str) -> str:
    found = next(line for line in log.splitlines() if secret in line)
    at = found.index(secret)
    return found[max(0, at - 200) : at + 100]


async def _tokens(stage: Stage, secrets: dict[str, str]) -> None:
    async with stage.machine("registry") as admin:
        made = await make(admin, "/v1/clients", {"name": "ERP", "scopes": ["registry:read"]})
        rotated = await make(admin, f"/v1/clients/{made['client_id']}/rotate", None)
    secrets |= {"client secret": made["client_secret"], "rotated secret": rotated["client_secret"]}
    pair = base64.b64encode(f"{made['client_id']}:{made['client_secret']}".encode()).decode()
    secrets["Basic pair"] = pair
    async with stage.caller("registry") as client:
        answer = await client.post("/oauth2/token", data=GRANT, headers={"Authorization": f"Basic {pair}"})
        token = answer.json()["access_token"]
        wrong = {**GRANT, "client_id": made["client_id"], "client_secret": "wr0ng-gue55-of-it"}
        assert (await client.post("/oauth2/token", data=wrong)).status_code == 401
        # What a caller puts in the wrong place.
        await client.get("/v1/suppliers", params={"q": "x"}, headers={"Authorization": f"Basic {pair}"})
    secrets |= {"access token": token, "wrong secret": "wr0ng-gue55-of-it"}
    for service in SERVICES:
        async with stage.caller(service, token) as client:
            await client.get("/v1/feed")
            await client.post("/v1/tasks/x/replay", content=b"{", headers={"Idempotency-Key": "k"})
        async with stage.caller(service, f"{token}x") as client:
            assert (await client.get("/v1/feed")).status_code == 401


async def _webhooks(stage: Stage, secrets: dict[str, str]) -> None:
    async with stage.machine("scoring") as client, receiver() as there:
        post = Post(stage, client)
        there.url = there.url.replace("token=t", f"token={HOOK_TOKEN}")
        path, secret = await post.create(there.url)
        there.replies = [Reply(500), Reply(302, {"Location": there.url}), Reply(200, {}, b"x" * 100)]
        await post.happen("score.changed", "score.changed")
        await post.serve()
        await post.let_time_pass()
        await post.serve()
        await client.get(f"{path}/deliveries")
        rotated = await client.post(f"{path}/rotate", json={})
        gone = await post.create(f"http://127.0.0.1:9/{HOOK_TOKEN}")
        await post.happen("score.changed")
        await post.serve()
        await client.post("/v1/webhooks", json={"url": f"http://10.0.0.1/{HOOK_TOKEN}-inside", "events": ["x"]})
    secrets |= {"webhook secret": secret, "rotated webhook secret": rotated.json()["secret"], "another's": gone[1]}
    secrets["bare webhook secret"] = secret.removeprefix("whsec_")


async def _robots(stage: Stage, secrets: dict[str, str]) -> None:
    async with stage.machine("engagement") as client, robot_receiver() as wecom:
        group = await make(client, "/v1/groups", {"name": "Robot", "channel": "wecom", "key": KEY})
        await make(client, f"/v1/groups/{group['id']}/messages", {"content": "Hello"})
        wecom.answers = [says(93000, "invalid webhook url"), (500, b"x")]
        app = engagement.create_app(stage.settings("engagement", wecom_url=wecom.url), transport=stage.transport)
        async with app.router.lifespan_context(app):
            resources = app.state.resources
            await run_due(resources.database, tasks.handlers(resources), tasks.GIVE_UP)
        await client.post("/v1/groups", json={"name": "R", "channel": "wecom", "key": f"{KEY}!"})
        await client.post("/v1/groups", json={"name": "Twice", "channel": "wecom", "key": KEY})
        await client.get(f"/v1/groups/{group['id']}")
        await client.get("/v1/audit-log")
    secrets["WeCom key"] = KEY


async def _links(world: World, secrets: dict[str, str]) -> None:
    stage = world.stage
    survey = {"id": world.ids["audit", "survey_id"]}
    link = await surveying.make_link(stage, survey, world.bravo)
    secrets["survey link"] = surveying.token_of(link["url"])
    async with surveying.browser(stage) as client:
        assert (await client.get("/answer", params={"token": secrets["survey link"]})).status_code == 200
        await client.get("/answer", params={"token": f"{secrets['survey link']}x"})
        await client.post("/answer", params={"token": secrets["survey link"]}, data={"x": "y"})
    event = await mailed.event_in(stage, 10, event_ref="LINKS")
    _, invitation = await mailed.invite(stage, event)
    unsubscribe = mailed.address_in(await mailed.mail(stage))
    async with mailed.browser(stage) as client:
        for path in (invitation, unsubscribe, invitation.replace("invitation", "calendar")):
            await client.get(path)
            await client.post(path, data={"x": "y"})
            secrets[f"link {path.split('/')[1]}"] = path.rpartition("/")[2]
    async with stage.machine("engagement") as client:
        await client.post("/v1/people/lookup", json={"email": "mei@alpha-seven.example"})


async def _errors(stage: Stage, secrets: dict[str, str]) -> None:
    """The database and Redis are away or refuse; the mail server too."""
    secrets |= {f"password of {role}": password for role, password in PASSWORDS.items()}
    secrets |= {"SMTP password": SMTP_PASSWORD, "Redis password": REDIS_PASSWORD}
    database = stage.settings("audit").database_url
    host = urlsplit(database).netloc.rpartition("@")[2]
    for url in (database.replace(host, "127.0.0.1:9"), database.replace("audit-password", "wr0ng-pa55word")):
        redis = f"redis://:{REDIS_PASSWORD}@127.0.0.1:9/0"
        app = audit.create_app(stage.settings("audit", database_url=url, redis_url=redis), transport=stage.transport)
        async with app.router.lifespan_context(app):
            token = stage.resources("scoring").service_tokens.token_for("audit")
            headers = {"Authorization": f"Bearer {token}"}
            transport = Recorder(httpx.ASGITransport(app))
            async with httpx.AsyncClient(transport=transport, base_url="http://a", headers=headers) as client:
                for path in ("/v1/findings", "/readyz", "/metrics"):
                    answer = await client.get(path)
                    assert all(secret not in answer.text for secret in secrets.values()), path
    secrets["wrong database password"] = "wr0ng-pa55word"
    smtp = f"smtp://bellwether:{SMTP_PASSWORD}@127.0.0.1:9"
    app = engagement.create_app(stage.settings("engagement", smtp_url=smtp), transport=stage.transport)
    async with app.router.lifespan_context(app):
        resources = app.state.resources
        await run_due(resources.database, tasks.handlers(resources), tasks.GIVE_UP)
    async with stage.machine("audit") as client:
        await client.post("/v1/audits", json={"supplier_code": "\x00", "kind": "vap", "conducted_on": "2026-01-01"})
        await client.get("/v1/tasks")


async def _figures(stage: Stage) -> list[tuple[str, str]]:
    found = []
    for service in SERVICES:
        async with stage.caller(service) as client:
            found.append((f"{service} /metrics", (await client.get("/metrics")).text))
    return found


def _held_by_processes(stage: Stage) -> dict[str, str]:
    """Keys, and the tokens that services have used between them."""
    held = {}
    for name in (*SERVICES, "tokens"):
        pem = (stage.folder / f"{name}.pem").read_text(encoding="ascii")
        held[f"private key of {name}"] = pem.splitlines()[1]
    for service in SERVICES:
        for callee, (_, token) in stage.resources(service).service_tokens._held.items():
            held[f"token of {service} for {callee}"] = token
    held["Redis password of the stage"] = urlsplit(stage.servers.redis_url).password or ""
    held["superuser's password"] = urlsplit(stage.servers.admin_url).password or ""
    return held


async def test_a_webhooks_address_which_may_hold_a_token_is_shown_to_its_keepers_alone(
    stage: Stage, everything_logged: StringIO
) -> None:
    async with recording(stage) as recorder, stage.machine("scoring") as client:
        await make(client, "/v1/webhooks", {"url": f"https://erp.example/{HOOK_TOKEN}", "events": ["score.changed"]})
        for path in ("/v1/feed", "/v1/audit-log", "/metrics", "/v1/webhooks"):
            assert (await client.get(path)).status_code == 200
    assert [asked for asked, text in recorder.answers if HOOK_TOKEN in text] == ["GET /v1/webhooks"]
    assert HOOK_TOKEN not in everything_logged.getvalue()
