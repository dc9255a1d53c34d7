"""A file of findings until the last tier that it changes: `python -m benchmarks.findings_import`.

Starts a stack of its own, worker and all. Prints rows per second, the ratio to PostgreSQL's COPY of the same rows into
a plain table of the same server, and the most memory that each process held.
"""

import argparse
import asyncio
import contextlib
import csv
import io
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import asyncpg
import psutil
from rich.console import Console

from bellwether.api import Api
from local.environment import Addresses
from local.load import RUNNING, wait_until_fresh
from local.progress import Progress
from local.stack import Stack, running_stack
from services.audit.schemas.rows import FindingRow

PORT_BASE = 19600
SUPPLIERS = 2000
PATIENCE_SECONDS = 1800.0
SAMPLE_SECONDS = 0.2
COLUMNS = (
    "finding_ref",
    "audit_ref",
    "supplier_code",
    "provision",
    "code_version",
    "severity",
    "discovered_on",
    "closed_on",
    "description",
)
PROVISIONS = [f"{section}{n}" for section, last in zip("ABCDE", (6, 8, 8, 8, 12), strict=True) for n in range(1, last)]
assert set(COLUMNS) <= FindingRow.model_fields.keys()  # noqa: S101  # a file that is refused measures nothing


class Memory(threading.Thread):
    """The most memory that each of the stack's processes held, in MB."""

    def __init__(self) -> None:
        """Begin to look."""
        super().__init__(daemon=True)
        self.peak: dict[str, float] = {}
        self._done = threading.Event()
        self.start()

    def run(self) -> None:
        """Look until told to stop."""
        while not self._done.wait(SAMPLE_SECONDS):
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    name = name_of(process.cmdline())
                    if name:
                        held = process.memory_info().rss / 2**20
                        self.peak[name] = max(self.peak.get(name, 0.0), held)

    def stop(self) -> dict[str, float]:
        """What was seen."""
        self._done.set()
        self.join()
        return dict(sorted(self.peak.items()))


def name_of(command: list[str]) -> str:
    """The service and the kind of a process of ours; nothing of any other."""
    module = next((part for part in command if part.startswith("services.")), "")
    _, _, name = module.partition("services.")
    return " ".join([name, *command[command.index(module) + 1 :]]) if name else ""


def _csv(header: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


def suppliers() -> bytes:
    """A file of suppliers."""
    return _csv(("code", "name", "country"), ((f"S{n}", f"Supplier {n}", "TW") for n in range(SUPPLIERS)))


def audits(conducted_on: date) -> bytes:
    """A file with an audit of each supplier."""
    rows = ((f"A{n}", f"S{n}", "vap", "RBA VAP 8.0", conducted_on) for n in range(SUPPLIERS))
    return _csv(("audit_ref", "supplier_code", "kind", "standard", "conducted_on"), rows)


def findings(count: int, conducted_on: date, prefix: str) -> bytes:
    """A file of findings, half of them closed."""
    random_ = random.Random(count)  # noqa: S311  # nobody is to be surprised
    closed_on = conducted_on + timedelta(days=40)

    def row(n: int) -> tuple[object, ...]:
        severity = random_.choices(("priority", "major", "minor"), (1, 5, 14))[0]
        supplier = random_.randrange(SUPPLIERS)
        described = f"Overtime records of line {n} do not agree with the gate's"
        return (f"{prefix}{n}", f"A{supplier}", f"S{supplier}", random_.choice(PROVISIONS), "8.0", severity,
                conducted_on, closed_on if n % 2 else "", described)  # fmt: skip

    return _csv(COLUMNS, (row(n) for n in range(count)))


def import_file(api: Api, service: str, kind: str, content: bytes) -> None:
    """Post a file and wait until all of its rows are taken in."""
    accepted = api.call("POST", service, f"/v1/imports/{kind}", content=content, headers={"Content-Type": "text/csv"})
    run = api.finished(service, accepted, RUNNING, PATIENCE_SECONDS)
    if run["status"] != "succeeded":
        sys.exit(f"The import of {kind} ended {run['status']}: {run}")


async def copy(admin_url: str, content: bytes) -> float:
    """Seconds that COPY takes for the same rows, committed, into a plain table."""
    connection = await asyncpg.connect(admin_url)
    try:
        types = {name: "date" if name.endswith("_on") else "text" for name in COLUMNS}
        await connection.execute(f"CREATE TABLE copied ({', '.join(f'{n} {t}' for n, t in types.items())})")
        began = time.perf_counter()
        await connection.copy_to_table("copied", source=io.BytesIO(content), format="csv", header=True)
        taken = time.perf_counter() - began
        await connection.execute("DROP TABLE copied")
        return taken
    finally:
        await connection.close()


def measure(stack: Stack, count: int, rounds: int) -> None:
    """Import and copy in turn; print."""
    conducted_on = datetime.now(UTC).date() - timedelta(days=200)
    taken_in: list[float] = []
    scored: list[float] = []
    copied: list[float] = []
    with contextlib.closing(Api(stack.addresses, stack.create_client("benchmark"))) as api:
        import_file(api, "registry", "suppliers", suppliers())
        import_file(api, "audit", "audits", audits(conducted_on))
        wait_until_fresh(api)
        memory = Memory()
        for n in range(rounds):
            content = findings(count, conducted_on, f"F{n}-")
            began = time.perf_counter()
            import_file(api, "audit", "findings", content)
            taken_in.append(time.perf_counter() - began)
            wait_until_fresh(api)
            scored.append(time.perf_counter() - began)
            copied.append(asyncio.run(copy(stack.environment.admin_url, content)))
    in_s, scored_s, copy_s = (statistics.median(times) for times in (taken_in, scored, copied))
    sys.stdout.write(
        f"{count} findings, {rounds} rounds, medians\n"
        f"taken in          {in_s:8.1f} s  {count / in_s:10.0f} rows/s  {copy_s / in_s:.4f} x COPY\n"
        f"last tier computed{scored_s:8.1f} s  {count / scored_s:10.0f} rows/s  {copy_s / scored_s:.4f} x COPY\n"
        f"COPY              {copy_s:8.2f} s  {count / copy_s:10.0f} rows/s\n"
        "most memory held, MB\n"
    )
    for name, megabytes in memory.stop().items():
        sys.stdout.write(f"  {name:30} {megabytes:6.0f}\n")


def main() -> None:
    """Measure on a stack of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--findings", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()

    def fail(why: str) -> None:
        sys.exit(f"The stack failed: {why}")

    with (
        tempfile.TemporaryDirectory(prefix="bellwether-benchmark-") as folder,
        running_stack(
            Path(folder), Addresses("127.0.0.1", PORT_BASE), Progress(Console()), keep_data=False, on_failure=fail
        ) as stack,
    ):
        measure(stack, given.findings, given.rounds)


if __name__ == "__main__":
    main()
