"""What the run's statements did to the tables: whole tables read where an index should have served, indexes unused."""

import asyncio
from typing import Any

import asyncpg

from benchmarks.house import House
from benchmarks.results import Result
from benchmarks.rounds import say

LARGE_ROWS = 1500
READ_WHOLE = """
    SELECT schemaname || '.' || relname AS name, seq_scan AS scans, seq_tup_read / greatest(seq_scan, 1) AS rows_each
    FROM pg_stat_user_tables
    WHERE schemaname <> 'bare' AND n_live_tup > $1 AND seq_tup_read / greatest(seq_scan, 1) > $1
    ORDER BY seq_tup_read DESC
"""
UNUSED = """
    SELECT schemaname || '.' || indexrelname AS name, pg_relation_size(indexrelid) AS bytes
    FROM pg_stat_user_indexes JOIN pg_index USING (indexrelid)
    WHERE idx_scan = 0 AND NOT indisunique AND schemaname <> 'bare' AND pg_relation_size(indexrelid) > 16384
    ORDER BY 2 DESC
"""


def results(house: House) -> list[Result]:
    """Told on the terminal; what of it is no mistake is said in docs/performance.md."""
    whole, unused = asyncio.run(_ask(house.database_url))
    say("  large tables that were read as a whole, from the start of the run:")
    for row in whole:
        say(f"    {row['name']:32} {row['scans']} times, {row['rows_each']} rows each")
    say("  indexes of this run's tables that nothing used (constraints left out):")
    for row in unused:
        say(f"    {row['name']:48} {row['bytes'] / 2**20:.1f} MB")
    return []


async def _ask(url: str) -> tuple[list[Any], list[Any]]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(READ_WHOLE, LARGE_ROWS), await connection.fetch(UNUSED)
    finally:
        await connection.close()
