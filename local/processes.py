"""How processes are ended: in order, politely first, with everything they started."""

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

POLITE_SECONDS = 10.0
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Target:
    """A process to end: `rank` orders the ending (lower first), `stop_signal` is how it is asked."""

    process: psutil.Process
    stop_signal: signal.Signals = signal.SIGTERM
    rank: int = 0


def is_alive(process: psutil.Process) -> bool:
    """Whether it is still the same process, and more than a corpse that nobody has collected."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def stop_in_order(targets: Iterable[Target], polite_seconds: float = POLITE_SECONDS) -> None:
    """End all targets, rank by rank; what has not ended `polite_seconds` after being asked is killed."""
    by_rank: dict[int, list[Target]] = {}
    for target in targets:
        by_rank.setdefault(target.rank, []).append(target)
    for rank in sorted(by_rank):
        _stop_together(by_rank[rank], polite_seconds)


def end_processes_in(folder: Path) -> int:
    """Kill every process whose working folder is `folder` or below it; returns how many there were."""
    ended = 0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            where = process.cwd()
            if where and Path(where).is_relative_to(folder) and process.pid != os.getpid():
                process.kill()
                ended += 1
                process.wait(POLITE_SECONDS)
    return ended


def _stop_together(targets: list[Target], polite_seconds: float) -> None:
    # Listed before they are asked: once its parent is gone, nobody can tell any more whose child it was.
    families = [family for target in targets for family in _family(target.process)]
    for target in targets:
        _ask(target)
    deadline = time.monotonic() + polite_seconds
    while time.monotonic() < deadline and any(is_alive(target.process) for target in targets):
        time.sleep(POLL_SECONDS)
    for process in families:
        with contextlib.suppress(psutil.Error):
            process.kill()
    deadline = time.monotonic() + POLITE_SECONDS
    while time.monotonic() < deadline and any(is_alive(process) for process in families):
        time.sleep(POLL_SECONDS)


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return [process]


def _ask(target: Target) -> None:
    if is_alive(target.process):
        # Each was started as the leader of a group of its own.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(target.process.pid, target.stop_signal)
