"""Makes `.venv` and installs a requirements file into it, once: the standard library is all it needs."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "bellwether-installed"
LOG = PROJECT / ".run" / "logs" / "setup.log"
# What is in a file is in those after it, too.
WIDER = {
    "requirements-local.txt": ("requirements-local.txt", "requirements-dev.txt"),
    "requirements-dev.txt": ("requirements-dev.txt",),
}
NEEDED_MEGABYTES = {"requirements-local.txt": 500, "requirements-dev.txt": 900}
LOG_LINES_SHOWN = 15

DISK_FULL = ("No space left on device", "[Errno 28]", "Disk quota exceeded", "[Errno 122]")
NO_NETWORK = (
    "Temporary failure in name resolution",
    "Name or service not known",
    "nodename nor servname provided",
    "Failed to establish a new connection",
    "NewConnectionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ProxyError",
    "Network is unreachable",
    "Connection refused",
    "Connection broken",
    "SSLError",
)
NO_WHEEL = ("No matching distribution found", "Could not find a version that satisfies")


class SetupError(Exception):
    """Says what is wrong and what to do about it."""


def main(requirements: str) -> int:
    """Set up; 0 if the environment is as `requirements` says."""
    try:
        # Two runs at once would install over each other; the lock goes with the process.
        with Path(__file__).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _set_up(requirements)
    except SetupError as error:
        sys.stderr.write(f"\nError: {error}\n")
        return 1
    except OSError as error:
        if not any(sign in str(error) for sign in DISK_FULL):
            raise
        sys.stderr.write(f"\nError: {_disk_full(requirements)}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped; the next run goes on from here.\n")
        return 130
    return 0


def _set_up(requirements: str) -> None:
    wanted = {_digest(name) for name in WIDER[requirements]}
    usable = _is_usable()
    if usable and STAMP.exists() and STAMP.read_text(encoding="ascii") in wanted:
        return
    free = shutil.disk_usage(PROJECT).free // 1_000_000
    if not usable and free < NEEDED_MEGABYTES[requirements]:
        raise SetupError(f"{_disk_full(requirements)} {free} MB are free.")
    LOG.parent.mkdir(parents=True, exist_ok=True)
    LOG.write_text("", encoding="utf-8")
    if not usable:
        _make_environment()
    STAMP.unlink(missing_ok=True)
    print(f"Installing {requirements} (once; each file is checked against its hash) ...", flush=True)
    _install(requirements)
    STAMP.write_text(_digest(requirements), encoding="ascii")


def _digest(requirements: str) -> str:
    return hashlib.sha256((PROJECT / requirements).read_bytes()).hexdigest()


def _is_usable() -> bool:
    """Whether .venv has a Python that runs, is new enough, and has pip; one that was interrupted may not."""
    check = "import sys, importlib.util as u; sys.exit(sys.version_info < (3, 11) or not u.find_spec('pip'))"
    try:
        return subprocess.run([PYTHON, "-c", check], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _make_environment() -> None:
    version = ".".join(map(str, sys.version_info[:3]))
    print(f"Making .venv with Python {version} ...", flush=True)
    done = _logged([sys.executable, "-m", "venv", "--clear", str(VENV)])
    if done != 0 or not _is_usable():
        raise SetupError(why_no_environment(_log()))


def _install(requirements: str) -> None:
    command = [str(PYTHON), "-m", "pip", "install", "--require-hashes", "--only-binary", ":all:", "--no-deps"]
    command += ["--disable-pip-version-check", "--no-input", "--progress-bar", "off", "--retries", "2"]
    command += ["--timeout", "15", "-r", str(PROJECT / requirements)]
    if _logged(command) != 0:
        raise SetupError(why_not_installed(_log(), requirements))


def why_no_environment(output: str) -> str:
    """What to do when `python -m venv` failed with this output."""
    if any(sign in output for sign in DISK_FULL):
        return _disk_full("requirements-local.txt")
    if "ensurepip" in output or "No module named" in output:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        return (
            f"This Python ({sys.executable}) cannot make virtual environments: its venv module is not complete.\n"
            f"On Debian and Ubuntu: apt install python3-venv (or {package})"
        )
    return f".venv could not be made; the end of {LOG}:\n{_end(output)}"


def why_not_installed(output: str, requirements: str) -> str:
    """What to do when `pip install` failed with this output."""
    if any(sign in output for sign in DISK_FULL):
        return _disk_full(requirements)
    if any(sign in output for sign in NO_NETWORK):
        return (
            "pip could not reach its package index: is this machine connected, and is its proxy set (HTTPS_PROXY)?\n"
            f"The next run goes on from here. Details: {LOG}"
        )
    if "DO NOT MATCH THE HASHES" in output:
        return f"A package is not the one that {requirements} names by its hash; nothing was installed. Details: {LOG}"
    if any(sign in output for sign in NO_WHEEL):
        return (
            "A package has no ready-made file for this system; Linux with glibc and macOS have them all.\n"
            f"The end of {LOG}:\n{_end(output)}"
        )
    return f"The packages could not be installed; the end of {LOG}:\n{_end(output)}"


def _logged(command: list[str]) -> int:
    """Run a command into the log; on a terminal show on one line what it is at."""
    width = shutil.get_terminal_size().columns - 1
    interactive = sys.stdout.isatty()
    with (
        LOG.open("a", encoding="utf-8") as log,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        ) as process,
    ):
        for line in process.stdout or ():
            log.write(line)
            if interactive and line.startswith(("Collecting", "Downloading", "Installing")):
                print(f"\r  {line.strip()[: width - 2]:<{width - 2}}", end="", flush=True)
        if interactive:
            print(f"\r{'':<{width}}\r", end="", flush=True)
    return process.returncode


def _log() -> str:
    return LOG.read_text(encoding="utf-8", errors="replace")


def _end(output: str) -> str:
    return "\n".join(output.splitlines()[-LOG_LINES_SHOWN:])


def _disk_full(requirements: str) -> str:
    return f"The disk is full: the set-up needs about {NEEDED_MEGABYTES[requirements]} MB in {PROJECT}."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
