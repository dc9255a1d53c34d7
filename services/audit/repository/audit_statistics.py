"""The statement that counts audits by group."""

from collections.abc import Mapping

from services.audit.domain.audits import ASSESSING_NOTHING

SUPPLIER = "JOIN supplier_copy s ON s.id = a.supplier_id"

FINDING_ONLY = ", ".join(f"'{kind}'" for kind in sorted(ASSESSING_NOTHING))

GROUPINGS: Mapping[str, str] = {
    "kind": "a.kind",
    "outcome": "a.outcome",
    "country": "s.country",
    "supply_tier": "s.supply_tier",
    "auditor": "a.auditor",
    "year": "CAST(date_part('year', coalesce(a.conducted_on, a.planned_on)) AS integer)",
}


def statement(group_by: str) -> str:
    """The statement for these groups; its parameters are first, last, today, valid_after and most.

    Planned audits count by the day for which they are planned, apart from those that were conducted. The first row is
    the total, then at most `most` groups follow, largest first.
    """
    return f"""WITH chosen AS (
        SELECT {GROUPINGS[group_by]} AS key, a.id, a.kind, a.outcome, a.score, a.conducted_on,
            a.conducted_on IS NOT NULL AS is_conducted
        FROM audit a {SUPPLIER}
        WHERE coalesce(a.conducted_on, a.planned_on) BETWEEN :first AND :last AND a.withdrawn_on IS NULL
    ), found AS (
        SELECT f.audit_id, count(*) AS findings FROM finding f
        WHERE f.withdrawn_on IS NULL AND f.audit_id IN (SELECT id FROM chosen WHERE is_conducted)
        GROUP BY f.audit_id
    )
    SELECT grouping(key) = 1 AS is_total, key,
        count(*) FILTER (WHERE is_conducted) AS audits,
        count(*) FILTER (WHERE NOT is_conducted) AS planned,
        count(*) FILTER (WHERE is_conducted AND outcome = 'approved') AS approved,
        count(*) FILTER (WHERE is_conducted AND outcome = 'conditionally_approved') AS conditionally_approved,
        count(*) FILTER (WHERE is_conducted AND outcome = 'rejected') AS rejected,
        count(*) FILTER (WHERE is_conducted AND outcome IS NULL) AS undecided,
        count(score) FILTER (WHERE is_conducted) AS scored,
        avg(score) FILTER (WHERE is_conducted) AS mean_score,
        count(*) FILTER (
            WHERE conducted_on > :valid_after AND conducted_on <= :today AND kind NOT IN ({FINDING_ONLY})
        ) AS valid_today,
        coalesce(sum(found.findings), 0) AS findings
    FROM chosen LEFT JOIN found ON found.audit_id = chosen.id
    GROUP BY GROUPING SETS ((key), ())
    ORDER BY is_total DESC, audits DESC, key LIMIT :most + 1"""  # noqa: S608
