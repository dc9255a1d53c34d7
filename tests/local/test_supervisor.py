"""Programs are kept running, and none outlives the supervisor, however that ends."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from local.errors import LocalError
from local.processes import is_alive
from local.supervisor import PROJECT, Program, Supervisor

Eventually = Callable[[Callable[[], bool]], None]

# Starts a program with a child of its own under a supervisor, and says who is running.
SUPERVISED = """
import sys, threading
from pathlib import Path
from local.interruptions import Interrupted, Interruptions
from local.supervisor import Program, Supervisor
Interruptions().install()
folder = Path(sys.argv[1])
try:
    with Supervisor() as supervisor:
        supervisor.remove_at_end(folder / "throwaway")
        for name, rank in (("first", 1), ("second", 2)):
            script = f"trap 'echo {name} >> {folder}/order; exit 0' TERM; sleep 1000 & echo $! > {folder}/{name}; wait"
            supervisor.start(Program(name=name, argv=["/bin/sh", "-c", script], env={}, log=folder / "log", rank=rank))
        print("up", flush=True)
        threading.Event().wait()
except Interrupted:
    print("interrupted", flush=True)
"""


def program(folder: Path, script: str, name: str = "sleeper") -> Program:
    return Program(name=name, argv=["/bin/sh", "-c", script], env={}, log=folder / f"{name}.log")


@pytest.fixture
def supervised(tmp_path: Path, eventually: Eventually) -> Iterator[tuple[subprocess.Popen[str], list[psutil.Process]]]:
    """A supervisor in a process of its own, and all the processes that came with it."""
    (tmp_path / "throwaway").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISED, str(tmp_path)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    eventually(
        lambda: all((tmp_path / name).exists() and (tmp_path / name).read_text() for name in ("first", "second"))
    )
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) == 5, "two programs, a child of each, and the guard"
    yield process, family
    process.kill()
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_after_a_signal_and_programs_end_in_the_order_of_their_ranks(
    number: signal.Signals, supervised: tuple[subprocess.Popen[str], list[psutil.Process]], tmp_path: Path
) -> None:
    process, family = supervised
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)
    assert out == "interrupted\n"
    assert not any(map(is_alive, family))
    assert (tmp_path / "order").read_text().split() == ["first", "second"]
    assert not (tmp_path / "throwaway").exists()


def test_nothing_is_left_after_the_supervisor_is_killed(
    supervised: tuple[subprocess.Popen[str], list[psutil.Process]], tmp_path: Path, eventually: Eventually
) -> None:
    process, family = supervised
    process.kill()
    eventually(lambda: not any(map(is_alive, family)))
    assert not (tmp_path / "throwaway").exists()


def test_a_guard_that_was_killed_is_replaced_and_knows_everything(
    supervised: tuple[subprocess.Popen[str], list[psutil.Process]], eventually: Eventually
) -> None:
    process, family = supervised

    def guards() -> list[psutil.Process]:
        children = psutil.Process(process.pid).children()
        return [child for child in children if is_alive(child) and "local.guard" in child.cmdline()]

    (old,) = guards()
    old.kill()
    eventually(lambda: not is_alive(old))
    eventually(lambda: bool(guards()) and guards()[0].status() == psutil.STATUS_SLEEPING)
    family += guards()
    process.kill()
    eventually(lambda: not any(map(is_alive, family)))


def test_a_program_that_is_killed_is_started_again_and_said(tmp_path: Path, eventually: Eventually) -> None:
    said: list[str] = []
    with Supervisor(say=said.append) as supervisor:
        supervisor.start(program(tmp_path, "exec sleep 1000"))
        first = supervisor.pid_of("sleeper")
        os.kill(first, signal.SIGKILL)
        eventually(lambda: supervisor.pid_of("sleeper") != first)
    assert said == ["sleeper was killed by SIGKILL; it is started again."]


def test_a_program_that_keeps_dying_is_given_up_with_its_last_log_lines(tmp_path: Path, eventually: Eventually) -> None:
    failures: list[str] = []
    with Supervisor(on_failure=failures.append) as supervisor:
        supervisor.start(program(tmp_path, "echo the key file is missing; exit 3"))
        eventually(lambda: bool(failures))
    assert "sleeper ended with code 3, 5 times in a row" in failures[0]
    assert "the key file is missing" in failures[0]


def test_waiting_for_a_program_that_never_gets_ready_shows_its_log(tmp_path: Path) -> None:
    waiting = Program(
        name="slow",
        argv=["/bin/sh", "-c", "echo still warming up; exec sleep 1000"],
        env={},
        log=tmp_path / "slow.log",
        is_ready=lambda: False,
    )
    with Supervisor() as supervisor:
        supervisor.start(waiting)
        with pytest.raises(LocalError, match=r"slow was not ready after 1 s\.\n  still warming up"):
            supervisor.wait_until_ready("slow", seconds=1)


def test_a_program_that_ignores_sigterm_is_killed_with_its_children(tmp_path: Path, eventually: Eventually) -> None:
    with Supervisor(polite_seconds=1.0) as supervisor:
        supervisor.start(program(tmp_path, f"trap '' TERM; sleep 1000 & echo $! > {tmp_path}/child; wait"))
        eventually(lambda: (tmp_path / "child").exists() and bool((tmp_path / "child").read_text()))
        child = psutil.Process(int((tmp_path / "child").read_text()))
    assert not is_alive(child)


class Interruption(Exception):
    """What a signal handler raised."""


def test_an_end_that_is_interrupted_leaves_no_process_behind_either(tmp_path: Path, eventually: Eventually) -> None:
    def interrupt(*_: object) -> None:
        raise Interruption

    supervisor = Supervisor()
    supervisor.start(program(tmp_path, f"trap '' TERM; touch {tmp_path}/ready; while :; do sleep 0.1; done"))
    eventually((tmp_path / "ready").exists)
    pids = [supervisor.pid_of("sleeper"), supervisor._guard.pid]
    handler = signal.signal(signal.SIGUSR1, interrupt)
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGUSR1))
    timer.start()
    try:
        with pytest.raises(Interruption):
            supervisor.close()
    finally:
        timer.join()
        signal.signal(signal.SIGUSR1, handler)
    assert not any(map(psutil.pid_exists, pids)), "they have ended and were collected"
