"""Has a process die or stand still at a named line, once, and knows when it has."""

import asyncio
import json
import signal
import time
from pathlib import Path

from tests.faults.processes.points import POINTS, Point

START_UP = Path(__file__).parent / "dying"
LOOK_SECONDS = 0.02


class Trap:
    """The file that a process looks for at each of its points."""

    def __init__(self, folder: Path) -> None:
        self._armed = folder / "armed"

    @property
    def environment(self) -> dict[str, str]:
        """What the processes are started with."""
        points = json.dumps([point.as_given() for point in POINTS])
        return {"PYTHONPATH": str(START_UP), "FAULTS_POINTS": points, "FAULTS_ARMED": str(self._armed)}

    def set(self, point: Point, sent: signal.Signals = signal.SIGKILL) -> None:
        """The next process that comes by dies, or gets another signal."""
        new = self._armed.with_suffix(".new")
        new.write_text(f"{sent.value} {point.name}", encoding="utf-8")
        new.rename(self._armed)

    def disarm(self) -> None:
        """Nobody is waited for any more."""
        self._armed.unlink(missing_ok=True)

    async def sprung(self, point: Point, seconds: float) -> None:
        """Return once somebody came by."""
        deadline = time.monotonic() + seconds
        while self._armed.exists():  # by another process
            assert time.monotonic() < deadline, f"nobody came by {point.name!r}"
            await asyncio.sleep(LOOK_SECONDS)
