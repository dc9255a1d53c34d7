"""Ends a supervisor's processes when the supervisor itself was killed and could not do it.

It reads JSON lines from the supervisor through a pipe; the end of the pipe means that the supervisor is gone.
"""

import json
import shutil
import signal
import sys
from typing import TextIO

import psutil

from local.processes import Target, stop_in_order


def watch(orders: TextIO) -> None:
    """Follow the supervisor's orders; at their end, end what is left and remove what is not to stay."""
    targets: dict[int, Target] = {}
    throwaway: list[str] = []
    for line in orders:
        order = json.loads(line)
        if "watch" in order:
            try:
                process = psutil.Process(order["watch"])
            except psutil.NoSuchProcess:
                continue
            targets[process.pid] = Target(process, signal.Signals(order["signal"]), order["rank"])
        elif "forget" in order:
            targets.pop(order["forget"], None)
        else:
            throwaway.append(order["remove"])
    stop_in_order(targets.values())
    for folder in throwaway:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watch(sys.stdin)
