"""Current scores beside which nothing else is to be told, each list of them in one statement: the hot reads.

Whatever is not plain is left to the statements that know of everything: a score that time or a policy has made out of
date, one beside which somebody's word on the tier may stand, a supplier of whom something could not be taken in.
"""

# ruff: noqa: S608 - the statements are put together from the names in this file and nothing else

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import asyncpg

from shared.db import Database

SHOWN = """
    score.supplier_id::text, supplier.code AS supplier_code, score.version, score.score, score.base, score.credit,
    score.risk_tier, score.tier_reasons, NULL AS tier_override, score.basis, score.confidence, score.categories,
    score.policy_version, $2::date AS as_of, score.computed_at, score.valid_until, false AS incomplete
"""
"""The fields of ScoreView, in its order: a row is nearly what is answered; ids as the text that they become."""
POSITIONS = ("registry_pos", "audit_pos", "engagement_pos", "scoring_pos")
FIRST = UUID(int=0)

# What concerns no single score is asked once a statement; nearly always there is no such row at all.
PLAIN = """
    score.policy_version IS NOT DISTINCT FROM in_force.version
    AND (score.valid_until IS NULL OR score.valid_until >= $2)
    AND NOT (SELECT EXISTS (SELECT FROM policy WHERE status = 'published' AND valid_from > $2))
    AND NOT ((SELECT EXISTS (SELECT FROM incomplete))
        AND EXISTS (SELECT FROM incomplete WHERE incomplete.supplier_id = score.supplier_id))
    AND NOT ((SELECT EXISTS (SELECT FROM tier_override WHERE valid_until >= $2))
        AND EXISTS (
            SELECT FROM supplier_copy AS merged JOIN tier_override ON tier_override.supplier_id = merged.id
            WHERE merged.scored_as = score.supplier_id AND tier_override.valid_until >= $2 OFFSET 0))
"""
IN_FORCE = """
    LEFT JOIN (
        SELECT version, published_at FROM policy WHERE status = 'published' AND valid_from <= $2
        ORDER BY valid_from DESC, version DESC LIMIT 1
    ) AS in_force ON true
"""
# Looked up one by one: among some ten thousand suppliers the planner would rather read them all, and be slower.
SUPPLIER = """
    JOIN LATERAL (
        SELECT code FROM supplier_copy WHERE id = score.supplier_id AND superseded_pos IS NULL LIMIT 1
    ) AS supplier ON true
"""

ONE = f"""
    SELECT {SHOWN}, in_force.published_at,
        concat_ws('-', {", ".join(f"score.{name}" for name in POSITIONS)}) AS positions
    FROM score {SUPPLIER} {IN_FORCE}
    WHERE score.supplier_id = $1 AND {PLAIN}
"""
# The page's scores first: however little the planner knows of the tables, it looks for the suppliers of these alone.
LIST = f"""
    SELECT {SHOWN}, in_force.published_at, supplier.code IS NOT NULL AND {PLAIN} AS plain
    FROM (SELECT * FROM score WHERE supplier_id > $1 ORDER BY supplier_id LIMIT $3) AS score
    LEFT {SUPPLIER} {IN_FORCE}
    ORDER BY score.supplier_id
"""


async def find_plain(database: Database, supplier_id: UUID, today: date) -> asyncpg.Record | None:
    """The current score of a supplier, or None where there is none that is plain."""
    found = await database.fetch(ONE, supplier_id, today)
    return found[0] if found else None


async def list_plain(database: Database, after: UUID, limit: int, today: date) -> Sequence[asyncpg.Record] | None:
    """The next current scores, or None where not all of them are plain."""
    found = await database.fetch(LIST, after, today, limit)
    return found if all(row["plain"] for row in found) else None
