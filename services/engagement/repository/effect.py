"""Who attended what first, and the findings around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain.effect import Finding

# A merged supplier is its survivor, here as everywhere.
FIRST_ATTENDANCES = text("""
    WITH held AS (
        SELECT id, CAST(starts_at AT TIME ZONE 'UTC' AS date) AS on FROM event
        WHERE withdrawn_on IS NULL AND kind IN ('forum', 'training') AND ends_at <= :now
            AND (CAST(:event_id AS uuid) IS NULL OR id = CAST(:event_id AS uuid))
            AND (CAST(:event_id AS uuid) IS NOT NULL OR starts_at BETWEEN :starts AND :ends)
            AND (CAST(:codes AS text[]) IS NULL OR CAST(:event_id AS uuid) IS NOT NULL
                OR provisions && CAST(:codes AS text[]))
    )
    SELECT (SELECT count(*) FROM held) AS events, coalesce(copy.merged_into, attendance.supplier_id) AS supplier_id,
        min(held.on) AS first_on
    FROM held
    LEFT JOIN attendance ON attendance.event_id = held.id AND attendance.withdrawn_on IS NULL
    LEFT JOIN supplier_copy copy ON copy.id = attendance.supplier_id
    GROUP BY 2
""")

FINDINGS = text("""
    SELECT coalesce(copy.merged_into, finding.supplier_id) AS supplier_id,
        CASE WHEN survivor.id IS NULL THEN copy.supply_tier ELSE survivor.supply_tier END AS supply_tier,
        finding.standard || ' ' || finding.code_version || ' ' || finding.provision AS provision,
        finding.discovered_on, finding.closed_on
    FROM finding_copy finding
    LEFT JOIN supplier_copy copy ON copy.id = finding.supplier_id
    LEFT JOIN supplier_copy survivor ON survivor.id = copy.merged_into
    WHERE finding.withdrawn_on IS NULL AND finding.discovered_on BETWEEN :first AND :last
        AND (CAST(:codes AS text[]) IS NULL OR finding.provision = ANY(CAST(:codes AS text[])))
        AND (CAST(:named AS text[]) IS NULL
            OR finding.standard || ' ' || finding.code_version || ' ' || finding.provision
                = ANY(CAST(:named AS text[])))
""")


@dataclass(frozen=True, slots=True)
class Attended:
    """How many events were held, and each supplier's first day at one of them."""

    events: int
    first_on: dict[UUID, date]


async def read_first_attendances(
    session: AsyncSession,
    first: date,
    last: date,
    now: datetime,
    event_id: UUID | None,
    codes: Sequence[str] | None,
) -> Attended:
    """Of one event, or of the forums and trainings of these days, where given only those that name one of `codes`."""
    asked = {
        "now": now,
        "starts": datetime.combine(first, time.min, UTC),
        "ends": datetime.combine(last, time.max, UTC),
        "event_id": event_id,
        "codes": None if codes is None else list(codes),
    }
    rows = (await session.execute(FIRST_ATTENDANCES, asked)).all()
    first_on = {row.supplier_id: row.first_on for row in rows if row.supplier_id is not None}
    return Attended(rows[0].events if rows else 0, first_on)


async def read_findings(
    session: AsyncSession, first: date, last: date, codes: Sequence[str] | None, named: Sequence[str] | None
) -> list[Finding]:
    """Findings discovered in these days and not withdrawn.

    Of these `codes` in whatever standard, and of those `named` by standard, version and code; None: of all.
    """
    asked = {
        "first": first,
        "last": last,
        "codes": None if codes is None else list(codes),
        "named": None if named is None else list(named),
    }
    return [
        Finding(row.supplier_id, row.supply_tier, row.provision, row.discovered_on, row.closed_on)
        for row in await session.execute(FINDINGS, asked)
    ]
