"""What the examples share: a token that renews itself, and patience where it is harmless."""

import importlib.util
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import httpx
import pytest

from local.supervisor import PROJECT


@pytest.fixture(scope="module")
def connection() -> ModuleType:
    spec = importlib.util.spec_from_file_location("connection", PROJECT / "examples" / "connection.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Service:
    """Answers as it is told, then with 200 for whoever brings the newest token; keeps who asked for what."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.asked: list[tuple[str, str]] = []
        self.tokens = 0
        self.url = ""

    def answer(self, method: str, path: str, token: str) -> tuple[int, Any]:
        self.asked.append((method, path))
        if path == "/token":
            self.tokens += 1
            return 200, {"access_token": f"token {self.tokens}"}
        if self.answers:
            return self.answers.pop(0), {"detail": "not now"}
        return (200, {"fine": True}) if token == f"Bearer token {self.tokens}" else (401, {"detail": "no"})


@pytest.fixture
def service() -> Iterator[Service]:
    with served() as running:
        yield running


@contextmanager
def served() -> Iterator[Service]:
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            code, body = service.answer(self.command, self.path, self.headers.get("Authorization", ""))
            content = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do  # noqa: N815  # the names are the library's

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def api(
    connection: ModuleType, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[httpx.Client]:
    file = tmp_path / "client.json"
    file.write_text(json.dumps({"token_url": f"{service.url}/token", "client_id": "c", "client_secret": "s"}))
    monkeypatch.setenv("SCORING_URL", service.url)
    with connection.connect("scoring", connection.ClientCredentials(str(file))) as client:
        yield client


def test_what_is_empty_in_the_environment_counts_as_not_given(
    connection: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `make` hands on a PORT_BASE that nobody gave."""
    monkeypatch.setenv("PORT_BASE", "")
    monkeypatch.setenv("SCORING_URL", "")
    assert connection.address("scoring") == "http://127.0.0.1:8004"
    monkeypatch.setenv("PORT_BASE", "9000")
    assert connection.address("scoring") == "http://127.0.0.1:9004"


def test_a_token_is_asked_for_once_and_again_when_it_has_run_out(service: Service, api: httpx.Client) -> None:
    assert [api.get("/a").status_code, api.get("/b").status_code] == [200, 200]
    assert service.tokens == 1
    service.tokens += 1  # the one that the client has is not the newest any more
    assert api.get("/c").status_code == 200
    assert service.asked[-3:] == [("GET", "/c"), ("POST", "/token"), ("GET", "/c")]


@pytest.mark.parametrize("code", [429, 502, 503, 504])
def test_what_may_be_repeated_is_repeated_until_it_is_answered(service: Service, api: httpx.Client, code: int) -> None:
    service.answers = [code, code]
    assert api.get("/a").status_code == 200
    service.answers = [code, code]
    assert api.post("/a", headers={"Idempotency-Key": "k"}).status_code == 200


def test_a_post_without_a_key_is_never_repeated(service: Service, api: httpx.Client) -> None:
    service.answers = [503]
    assert api.post("/a").status_code == 503


def test_an_error_ends_the_script_with_what_the_service_says(
    connection: ModuleType, service: Service, api: httpx.Client
) -> None:
    service.answers = [409]
    with pytest.raises(SystemExit, match="409 not now"):
        connection.told(api.get("/a"))
