"""What each process of the stack holds: idle, and at most while it works."""

import contextlib
import threading
import time
from collections.abc import Sequence

import psutil

from benchmarks.results import Result
from benchmarks.rounds import say

SAMPLE_SECONDS = 0.2
SETTLE_SECONDS = 2.0
MOST_OF_AN_API_MB, MOST_OF_A_WORKER_MB = 150, 500
APIS = tuple(f"{service}.main" for service in ("registry", "audit", "engagement", "scoring"))


class Memory(threading.Thread):
    """The most memory that each of the stack's processes held, in MB."""

    def __init__(self) -> None:
        """Begin to look."""
        super().__init__(daemon=True)
        self.peak: dict[str, float] = {}
        self.idle: dict[str, float] = {}
        self._done = threading.Event()
        self.start()

    def mark_idle(self) -> None:
        """What the processes hold before any work."""
        time.sleep(SETTLE_SECONDS)
        self.idle = dict(self.peak)

    def run(self) -> None:
        """Look until told to stop."""
        while not self._done.wait(SAMPLE_SECONDS):
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    name = name_of(process.cmdline())
                    if name:
                        held = process.memory_info().rss / 2**20
                        self.peak[name] = max(self.peak.get(name, 0.0), held)

    def stop(self) -> None:
        """Look no more."""
        self._done.set()
        self.join()


def name_of(command: Sequence[str]) -> str:
    """The service's module and its arguments; nothing for any other process."""
    module = next((part for part in command if part.startswith("services.")), "")
    _, _, name = module.partition("services.")
    return " ".join([name, *command[command.index(module) + 1 :]]) if name else ""


def results(memory: Memory) -> list[Result]:
    """Each process, idle and under all of this run's load, against what its kind may hold."""
    for name, peak in sorted(memory.peak.items()):
        say(f"  {name:26} idle {memory.idle.get(name, 0):5.0f} MB, at most {peak:5.0f} MB")
    found = []
    for name, peak in sorted(memory.peak.items()):
        shown = f"{name.removesuffix('.main')} API" if name in APIS else name.replace(".worker", " worker")
        held = {"idle": memory.idle.get(name, 0.0), "under load": peak}
        most = MOST_OF_AN_API_MB if name in APIS else MOST_OF_A_WORKER_MB
        found += [Result(f"memory of the {shown}, {when}", held[when], most, "MB", 1, "lower") for when in held]
    return found
