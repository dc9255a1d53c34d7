"""`make demo` as a reader runs it: real processes, a story to read, and nothing left behind."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from local.environment import SERVICES
from local.ports import LOOPBACK, answers
from local.run import STATE
from local.supervisor import PROJECT
from tests.e2e.conftest import free_port_base

LOADED = "Import sourcing"
KEY_LINES = (
    "Import findings 122 of 122 lines",
    "Suppliers by supply tier and risk tier today",
    "Whose risk tier changed since 2025Q4",
    "Quarterly business review 2026Q3: 15 A, 16 B, 10 C, 4 D, 1 not rated",
    "SP-211   D     high    42.0% 32.0%  -10.0",
    "SP-212   A     low     33.0% 42.9%   +9.9",
    "23 lines of 6 commodities; median absolute change",
    "4,423 person-times, 690 hours",
    "Done; everything has been stopped.",
)


@pytest.mark.timeout(180)
def test_the_demo_tells_its_story_and_leaves_nothing_but_logs() -> None:
    base = free_port_base()
    environment = {**os.environ, "PORT_BASE": str(base), "COLUMNS": "80", "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
    for name in ("DATABASE_URL", "REDIS_URL", "HOST"):
        environment.pop(name, None)
    shown: list[str] = []
    started: list[psutil.Process] = []
    with subprocess.Popen(
        [sys.executable, "-m", "local", "demo"],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    ) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            shown.append(line.rstrip("\n"))
            if LOADED in line:
                started = psutil.Process(demo.pid).children(recursive=True)
    text = "\n".join(shown)
    assert demo.returncode == 0, text
    assert not [line for line in KEY_LINES if line not in text], text
    assert all(len(line) <= 80 for line in shown if str(PROJECT) not in line)
    # Four services, their workers, the door and two servers at the least.
    assert len(started) > 2 * len(SERVICES) + 2
    _, left = psutil.wait_procs(started, timeout=20)
    assert not left
    assert not [port for port in range(base, base + 5) if answers(LOOPBACK, port)]
    assert names_in(STATE / "demo") <= {"lock", "logs"}
    assert {path.suffix for path in (STATE / "demo" / "logs").iterdir()} == {".log"}


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
