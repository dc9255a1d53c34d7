"""What a running house takes, at rest and filled: `python -m benchmarks.footprint --findings 20000`.

Starts a stack of its own, with some thousand suppliers. Prints the memory of each process and its connections to
PostgreSQL, at rest and after an import of findings, and what a hundred thousand findings take on disk in each schema,
events and history included.
"""

import argparse
import asyncio
import contextlib
import sys
from urllib.parse import urlsplit

import asyncpg
import psutil

from benchmarks import files
from benchmarks.house import SUPPLIERS, House, open_house
from benchmarks.memory import name_of
from local.environment import SERVICES
from local.load import wait_until_fresh

PER = 100_000
SHOWN_BYTES = 100_000
SIZES = """
SELECT nspname AS schema, relname AS "table", pg_total_relation_size(c.oid) AS bytes
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE relkind = 'r' AND nspname = ANY($1)
"""


def processes() -> dict[str, psutil.Process]:
    """The stack's, by name."""
    found: dict[str, psutil.Process] = {}
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if name := name_of(process.cmdline()):
                found[name] = process
    return found


async def sizes(url: str) -> dict[tuple[str, str], int]:
    """Bytes of each table with its indexes."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CHECKPOINT")
        return {(row["schema"], row["table"]): row["bytes"] for row in await connection.fetch(SIZES, list(SERVICES))}
    finally:
        await connection.close()


def show_processes(title: str, url: str) -> None:
    """Memory and connections of each."""
    port = urlsplit(url).port
    sys.stdout.write(f"\n{title}: MB held by each process alone, and its connections to PostgreSQL\n")
    total, connections = 0.0, 0
    for name, process in sorted(processes().items()):
        held = process.memory_full_info().uss / 2**20
        open_ = sum(1 for each in process.net_connections("tcp") if each.raddr and each.raddr.port == port)
        total, connections = total + held, connections + open_
        sys.stdout.write(f"  {name:30} {held:6.0f} {open_:4}\n")
    sys.stdout.write(f"  {'together':30} {total:6.0f} {connections:4}\n")


def measure(house: House, count: int) -> None:
    """Look, fill, look again."""
    show_processes("At rest", house.database_url)
    before = asyncio.run(sizes(house.database_url))
    house.import_file("audit", "findings", files.as_csv(files.COLUMNS, files.findings(count, SUPPLIERS, "F")))
    wait_until_fresh(house.api)
    after = asyncio.run(sizes(house.database_url))
    show_processes("After an import", house.database_url)
    grown = {table: (after[table] - before.get(table, 0)) * PER // count for table in after}
    sys.stdout.write(f"\nMB on disk of {PER:,} findings (measured with {count:,})\n")
    for service in SERVICES:
        of_service = {table: bytes_ for (schema, table), bytes_ in grown.items() if schema == service}
        largest = sorted(of_service, key=lambda table: -of_service[table])[:4]
        named = ", ".join(
            f"{table} {of_service[table] / 1e6:.0f}" for table in largest if of_service[table] > SHOWN_BYTES
        )
        sys.stdout.write(f"  {service:12} {sum(of_service.values()) / 1e6:6.0f}   {named}\n")
    sys.stdout.write(f"  {'together':12} {sum(grown.values()) / 1e6:6.0f}\n")


def main() -> None:
    """Measure on a stack of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--findings", type=int, default=20_000)
    given = parser.parse_args()
    with open_house() as house:
        measure(house, given.findings)


if __name__ == "__main__":
    main()
