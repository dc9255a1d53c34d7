"""The one-machine run's API calls, sent to the services of a stage, whose workers' part is done in between."""

import asyncio
from concurrent.futures import Future
from contextlib import ExitStack, closing
from io import StringIO
from pathlib import Path

import httpx
from rich.console import Console

from bellwether.api import Api, Credentials
from local.environment import SERVICES, Addresses
from local.load import load_folder, wait_until_fresh
from local.progress import Progress
from local.report.telling import tell
from local.review import Outcome, review_quarter
from tests.stage import Stage

ADDRESSES = Addresses("127.0.0.1", 8000)
TOKEN_PATH = "/token-of-the-stage"  # a path
SETTLINGS = 3
SERVICE_OF_PORT = {ADDRESSES.ports[service]: service for service in SERVICES}


class StageTransport(httpx.BaseTransport):
    """Carries requests from a thread to the stage's event loop as one caller."""

    def __init__(self, stage: Stage, loop: asyncio.AbstractEventLoop, person: str | None) -> None:
        """`person` is who calls; an API client with every scope where none is named."""
        self._stage, self._loop, self._person = stage, loop, person
        self._stale = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == TOKEN_PATH:
            return httpx.Response(200, json={"access_token": "of the stage", "expires_in": 300})
        answering: Future[httpx.Response] = asyncio.run_coroutine_threadsafe(self._answer(request), self._loop)
        return answering.result(timeout=60)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        service = SERVICE_OF_PORT[request.url.port or 0]
        if service == "scoring" and (request.method == "POST" or request.url.path == "/v1/freshness"):
            await self._stage.settle()
        caller = self._stage.machine(service) if self._person is None else self._stage.person(service, self._person)
        async with caller as client:
            headers = {name: value for name, value in request.headers.items() if name not in ("authorization", "host")}
            answer = await client.request(
                request.method, request.url.raw_path.decode(), content=request.content, headers=headers
            )
        if answer.status_code == httpx.codes.ACCEPTED:
            await self._stage.run_tasks(service)
        if request.url.path == "/v1/freshness":
            # After each settling all is fresh, or something is broken: waiting for minutes would not show what.
            self._stale = 0 if answer.json().get("fresh") else self._stale + 1
            if self._stale > SETTLINGS:
                raise AssertionError(f"scoring does not catch up: {answer.text}")
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


async def run_demo(stage: Stage, folder: Path) -> tuple[Outcome, str]:
    """Load a folder, review its latest quarter and report, as `make demo` does; returns what was printed, too."""
    output = StringIO()
    console = Console(file=output, width=100)
    loop = asyncio.get_running_loop()

    def demo() -> Outcome:
        with ExitStack() as opened:
            client, manager, second_person = (
                opened.enter_context(closing(staged_api(stage, loop, person))) for person in (None, "ann", "ben")
            )
            load_folder(client, folder, Progress(console))
            wait_until_fresh(client)
            outcome = review_quarter(manager, second_person, folder, Progress(console))
            tell(client, outcome, folder, console)
            return outcome

    return await asyncio.to_thread(demo), output.getvalue()


def staged_api(stage: Stage, loop: asyncio.AbstractEventLoop, person: str | None = None) -> Api:
    """Calls to the stage's services, to be made in another thread than the stage's."""
    credentials = Credentials(f"{ADDRESSES.url('registry')}{TOKEN_PATH}", "stage", "stage")
    return Api(ADDRESSES, credentials, StageTransport(stage, loop, person))
