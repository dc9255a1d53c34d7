"""The receiver of webhooks in `examples/`: what it takes, what it refuses, and what a kill costs it."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from local.supervisor import PROJECT

SECRET = "whsec_" + "Qk" * 16
SUPPLIER = "0198f3c0-0000-7000-8000-000000000001"


def event(version: int, tier: str) -> bytes:
    data = {"id": SUPPLIER, "version": version, "risk_tier": tier}
    told = {"type": "risk_tier.changed", "timestamp": "2026-09-30T12:00:00Z", "data": data}
    return json.dumps(told).encode()


def headers(body: bytes, name: str, at: datetime | None = None) -> dict[str, str]:
    moment = at or datetime.now(UTC)
    return {
        "webhook-id": name,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(name, moment, body.decode()),
    }


@contextmanager
def receiving(folder: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The script, listening; killed at the end without a word."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = {"WEBHOOK_SECRET": SECRET, "PORT": str(port), "INBOX_DATABASE": str(folder / "inbox.sqlite3")}
    script = str(PROJECT / "examples" / "receive_webhooks.py")
    with subprocess.Popen(
        [sys.executable, script], env={**os.environ, **given}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            until(lambda: _answers(port))
            yield f"http://127.0.0.1:{port}/hooks", process
        finally:
            process.kill()


def _answers(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def rows(folder: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(folder / "inbox.sqlite3")) as inbox:
        return inbox.execute(query).fetchall()


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("inbox")
    with receiving(folder) as (url, _):
        yield url, folder


@pytest.mark.parametrize(
    "spoil",
    [
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "nonsense"},
        {"webhook-signature": ""},
        {"webhook-id": "another"},
        {"webhook-timestamp": "1000000000"},
        {"webhook-timestamp": "yesterday"},
    ],
    ids=["forged", "no signature at all", "empty", "of another message", "long ago", "no time"],
)
def test_what_is_not_signed_as_it_should_be_is_refused_and_not_kept(
    listening: tuple[str, Path], spoil: dict[str, str]
) -> None:
    url, folder = listening
    body = event(1, "high")
    answer = httpx.post(url, content=body, headers={**headers(body, "spoilt"), **spoil})
    assert answer.status_code == 400
    assert rows(folder, "SELECT 1 FROM message WHERE webhook_id IN ('spoilt', 'another')") == []


def test_a_message_is_worked_on_once_and_an_older_state_comes_too_late(listening: tuple[str, Path]) -> None:
    url, folder = listening
    for name, version, tier in (("m2", 2, "high"), ("m2", 2, "high"), ("m1", 1, "low"), ("m3", 3, "medium")):
        body = event(version, tier)
        assert httpx.post(url, content=body, headers=headers(body, name)).status_code == 204
    until(lambda: rows(folder, "SELECT count(*) FROM message WHERE done") == [(3,)])
    ((data,),) = rows(folder, "SELECT data FROM latest")
    assert json.loads(data)["risk_tier"] == "medium"


def test_what_was_taken_and_not_worked_on_before_a_kill_is_worked_on_after_it(tmp_path: Path) -> None:
    body = event(7, "low")
    with receiving(tmp_path) as (url, process), closing(sqlite3.connect(tmp_path / "inbox.sqlite3")) as busy:
        assert httpx.post(url, content=body, headers=headers(body, "kept")).status_code == 204
        busy.execute("UPDATE message SET done = 0")  # nobody can note that it is done meanwhile
        process.kill()
        busy.commit()
    with receiving(tmp_path):
        until(lambda: rows(tmp_path, "SELECT done FROM message") == [(1,)])
    assert len(rows(tmp_path, "SELECT * FROM latest WHERE version = 7")) == 1
