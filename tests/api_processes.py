"""A service's API as a process of its own, started and stopped as an operator's supervisor does it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from local.ports import free_port
from tests.stage import Stage

PROJECT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS = 40.0
NAMES = ("database_url", "redis_url", "service_key_file", "peer_keys_dir", "token_key_file", "files_url")


def environment_of(stage: Stage, service: str, **changes: str) -> dict[str, str]:
    """What a process of a service is told, on the stage's servers."""
    given = stage.settings(service)
    told = {name.upper(): str(getattr(given, name)) for name in NAMES if hasattr(given, name)}
    return {**told, "RATE_LIMIT_REQUESTS": "0", "LOG_LEVEL": "WARNING", **changes}


class ApiProcess:
    """`python -m services.<service>.main`, until the end of its block."""

    def __init__(self, service: str, environment: Mapping[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"services.{service}.main"],
            cwd=PROJECT, env={"PATH": os.environ["PATH"], **environment, "PORT": str(self.port)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    def ready(self) -> Any:
        """What /readyz says once it answers with success; its output where it ends before."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            if self._process.poll() is not None:
                raise AssertionError(f"it ended with {self._process.returncode}: {self._process.communicate()[0]!r}")
            try:
                return httpx.get(f"{self.url}/readyz", trust_env=False).raise_for_status().json()
            except httpx.HTTPError:
                assert time.monotonic() < deadline, "not ready in time"
                time.sleep(0.05)

    def ask_to_stop(self) -> None:
        """SIGTERM, as `docker stop` and every supervisor send it."""
        self._process.send_signal(signal.SIGTERM)

    def ended(self) -> int:
        """Its exit code, once it has ended."""
        return self._process.wait(PATIENCE_SECONDS)
