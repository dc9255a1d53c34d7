"""Keeps a set of programs running: starts them, heals crashes, and leaves none of them behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

from local.errors import LocalError
from local.processes import POLITE_SECONDS, Target, stop_in_order

POLL_SECONDS = 0.1
SETTLED_SECONDS = 8.0
STARTS_BEFORE_GIVING_UP = 5
LONGEST_PAUSE_SECONDS = 5.0
LOG_LINES_SHOWN = 15
PROJECT = Path(__file__).resolve().parent.parent

# The program starts only after the guard knows its process: no moment remains in which both could miss it.
WAIT_FOR_GUARD = 'read -r go && exec "$0" "$@" </dev/null'


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Something to keep running; `rank` orders the end (lower first), `owner` is (uid, gid) to run as."""

    name: str
    argv: list[str]
    env: dict[str, str]
    log: Path
    cwd: Path = PROJECT
    rank: int = 0
    stop_signal: signal.Signals = signal.SIGTERM
    owner: tuple[int, int] | None = None
    is_ready: Callable[[], bool] = lambda: True
    before_start: Callable[[], None] = lambda: None


@dataclass(slots=True)
class Child:
    """A program's current process."""

    program: Program
    process: subprocess.Popen[bytes]
    started_at: float
    early_deaths: int = 0
    restart_at: float | None = field(default=None)


class Supervisor:
    """Used as a context: at its end, however it comes, every program has ended, in the order of ranks."""

    def __init__(
        self,
        *,
        say: Callable[[str], None] = lambda _text: None,
        on_failure: Callable[[str], None] = lambda _failure: None,
        settled_seconds: float = SETTLED_SECONDS,
        polite_seconds: float = POLITE_SECONDS,
    ) -> None:
        """`on_failure` is called, from another thread, when a program cannot be kept up; `failure` says the same."""
        self.failure: str | None = None
        self._say = say
        self._on_failure = on_failure
        self._settled_seconds = settled_seconds
        self._polite_seconds = polite_seconds
        self._children: dict[str, Child] = {}
        self._throwaway: list[Path] = []
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._guard = self._start_guard()
        self._monitor = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._monitor.start()

    def start(self, program: Program) -> None:
        """Start a program and keep it running from now on."""
        with self._lock:
            self._children[program.name] = Child(program, self._spawn(program), time.monotonic())

    def wait_until_ready(self, name: str, seconds: float = 60.0) -> None:
        """Return when the program is ready; LocalError with its last log lines if it is not in time."""
        program = self._children[name].program
        deadline = time.monotonic() + seconds
        while not program.is_ready():
            if self.failure:
                raise LocalError(self.failure)
            if time.monotonic() > deadline:
                raise LocalError(f"{name} was not ready after {seconds:.0f} s.\n{last_lines(program.log)}")
            time.sleep(POLL_SECONDS)

    def pid_of(self, name: str) -> int:
        """The process id under which a program runs at the moment."""
        return self._children[name].process.pid

    def remove_at_end(self, folder: Path) -> None:
        """Remove a folder after everything has ended, also if this process is killed."""
        self._throwaway.append(folder)
        self._tell_guard({"remove": str(folder)})

    def close(self) -> None:
        """End everything; returns when it has ended, at once if it is interrupted."""
        self._closing.set()
        try:
            self._monitor.join()
            with self._lock:
                stop_in_order(
                    [_target(child) for child in self._children.values() if child.process.poll() is None],
                    self._polite_seconds,
                )
        finally:
            with self._lock:
                self._collect()

    def _collect(self) -> None:
        """Kill what is still there, wait for all of it, and let the guard go, which ends what it had started."""
        for child in self._children.values():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if child.process.poll() is None:
                    os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()
        self._children.clear()
        with contextlib.suppress(BrokenPipeError):
            _pipe_of(self._guard).close()  # tells the guard to clean up and leave
        self._guard.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        program.before_start()
        program.log.parent.mkdir(parents=True, exist_ok=True)
        options: dict[str, Any] = {}
        if program.owner is not None:
            options = {"user": program.owner[0], "group": program.owner[1], "extra_groups": []}
        with program.log.open("ab") as log:
            process = subprocess.Popen(
                ["/bin/sh", "-c", WAIT_FOR_GUARD, *program.argv],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=program.cwd,
                env=program.env,
                start_new_session=True,
                **options,
            )
        self._tell_guard({"watch": process.pid, "signal": int(program.stop_signal), "rank": program.rank})
        with contextlib.suppress(BrokenPipeError), _pipe_of(process) as gate:
            gate.write(b"go\n")
        return process

    def _watch(self) -> None:
        while not self._closing.wait(POLL_SECONDS):
            with self._lock:
                if self._guard.poll() is not None:
                    self._replace_guard()
                for child in self._children.values():
                    self._heal(child)

    def _heal(self, child: Child) -> None:
        if self.failure is not None:
            return
        now = time.monotonic()
        if child.restart_at is None:
            code = child.process.poll()
            if code is not None:
                self._tell_guard({"forget": child.process.pid})
                self._after_death(child, code, now)
        elif now >= child.restart_at:
            child.restart_at = None
            try:
                child.process = self._spawn(child.program)
            except (OSError, LocalError) as error:
                self._give_up(f"{child.program.name} cannot be started again: {error}")
            child.started_at = now

    def _after_death(self, child: Child, code: int, now: float) -> None:
        name = child.program.name
        settled = now - child.started_at >= self._settled_seconds
        child.early_deaths = 1 if settled else child.early_deaths + 1
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        if child.early_deaths >= STARTS_BEFORE_GIVING_UP:
            self._give_up(
                f"{name} {how}, {child.early_deaths} times in a row; its last lines in {child.program.log}:\n"
                + last_lines(child.program.log)
            )
            return
        pause = min(LONGEST_PAUSE_SECONDS, 0.25 * 2 ** (child.early_deaths - 1))
        child.restart_at = now + pause
        self._say(f"{name} {how}; it is started again.")

    def _give_up(self, failure: str) -> None:
        self.failure = failure
        self._on_failure(failure)

    def _start_guard(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "local.guard"], stdin=subprocess.PIPE, cwd=PROJECT, start_new_session=True
        )

    def _replace_guard(self) -> None:
        self._guard = self._start_guard()
        for child in self._children.values():
            program = child.program
            self._tell_guard({"watch": child.process.pid, "signal": int(program.stop_signal), "rank": program.rank})
        for folder in self._throwaway:
            self._tell_guard({"remove": str(folder)})

    def _tell_guard(self, order: dict[str, object]) -> None:
        # A guard that has just died is replaced by the monitor, which tells the new one everything.
        with contextlib.suppress(BrokenPipeError):
            pipe = _pipe_of(self._guard)
            os.write(pipe.fileno(), json.dumps(order).encode() + b"\n")


def last_lines(log: Path, count: int = LOG_LINES_SHOWN) -> str:
    """The end of a log file."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "(no log)"
    return "\n".join(f"  {line}" for line in text.splitlines()[-count:])


def _target(child: Child) -> Target:
    return Target(psutil.Process(child.process.pid), child.program.stop_signal, child.program.rank)


def _pipe_of(process: subprocess.Popen[bytes]) -> Any:
    return process.stdin
