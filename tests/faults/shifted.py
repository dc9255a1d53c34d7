"""Runs a module with a clock that goes wrong by so many seconds: `python tests/faults/shifted.py 120 module args`.

What asks the system for the time of day is told another one; what measures how long something takes is not.
"""

import datetime as dt
import runpy
import sys
import time


def shift(seconds: float) -> None:
    """From now on, in this process."""
    real_time, real_time_ns, real_datetime = time.time, time.time_ns, dt.datetime

    class Shifted(real_datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> "Shifted":
            return cls.fromtimestamp(real_time() + seconds, tz)

        @classmethod
        def utcnow(cls) -> "Shifted":
            return cls.now(dt.UTC).replace(tzinfo=None)

    time.time = lambda: real_time() + seconds
    time.time_ns = lambda: real_time_ns() + int(seconds * 1e9)
    dt.datetime = Shifted  # type: ignore[misc]


if __name__ == "__main__":
    by, module, *arguments = sys.argv[1:]
    shift(float(by))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
