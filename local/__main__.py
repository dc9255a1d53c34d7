"""`python -m local demo [--data DIR]` and `python -m local serve [--data DIR]`."""

import argparse
import errno
import sys
from pathlib import Path

from rich.console import Console

from bellwether.errors import OperationFailed
from local.interruptions import Interrupted, Interruptions
from local.progress import Progress
from local.run import demo, serve

SIGNALLED = 128


def main() -> int:
    """Run a command; 0 only if everything was done."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for_demo = commands.add_parser("demo", help="load a programme, score it, print what comes of it")
    for_demo.add_argument("--data", type=Path, help="a folder with CSV files; without it the sample programme")
    for_serve = commands.add_parser("serve", help="keep everything running until Ctrl-C")
    for_serve.add_argument("--data", type=Path, help="a folder with CSV files, loaded if there are no suppliers yet")
    arguments = parser.parse_args()
    interruptions = Interruptions()
    interruptions.install()
    console = Console()
    try:
        if arguments.command == "demo":
            demo(arguments.data, Progress(console), interruptions)
        else:
            serve(arguments.data, Progress(console), interruptions)
    except OperationFailed as error:
        return _failed(str(error))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        return _failed(
            f"The disk is full: {error.filename or 'a file'} could not be written. Free some space and run again."
        )
    except Interrupted as interrupted:
        sys.stderr.write(f"\nStopped by {interrupted}; nothing is left running.\n")
        return 0 if arguments.command == "serve" else SIGNALLED + interrupted.number
    return 0


def _failed(message: str) -> int:
    sys.stderr.write(f"\nError: {message}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
