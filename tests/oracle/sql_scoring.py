"""A third reading of the score: set-based SQL under policy `default`, which writes what a recalculation writes.

One statement over the same tables: scores that came out otherwise, their history, their events. It shares no code with
the services; findings whose last rejection or reopening lies ahead of the day, which only old days have, are left out.
"""

CATEGORIES = ("management_system", "labor_employment", "environmental_impact", "product_liability")
EACH = tuple(enumerate(CATEGORIES))
FIGURES = ("score", "base", "credit", "confidence")


def _leaves(on: str, months: int) -> str:
    """The first day on which a window of so many months no longer holds `on`."""
    same = f"CAST({on} + interval '{months} months' AS date)"
    return f"{same} + CASE WHEN extract(day FROM {same}) = extract(day FROM {on}) THEN 0 ELSE 1 END"


def _ahead(on: str) -> str:
    return f"CASE WHEN {on} > d.today THEN {on} END"


def _rounded(exact: str) -> str:
    return f"floor(100 * ({exact}) + 0.5 + 1e-9) / 100"


def _json(pairs: dict[str, str]) -> str:
    return "jsonb_build_object(" + ", ".join(f"'{name}', {value}" for name, value in pairs.items()) + ")"


EVIDENCE = f"""
    d AS (SELECT CAST($1 AS date) AS today, CAST(CAST($1 AS date) - interval '24 months' AS date) AS audits_after,
        CAST(CAST($1 AS date) - interval '18 months' AS date) AS surveys_after,
        CAST(CAST($1 AS date) - interval '12 months' AS date) AS engagement_after),
    pos AS (SELECT coalesce(max(base + seq) FILTER (WHERE source = 'registry'), 0) AS registry,
        coalesce(max(base + seq) FILTER (WHERE source = 'audit'), 0) AS audit,
        coalesce(max(base + seq) FILTER (WHERE source = 'engagement'), 0) AS engagement,
        coalesce(max(base + seq) FILTER (WHERE source = 'scoring'), 0) AS scoring FROM feed_cursor),
    member AS (SELECT id, scored_as, code, country FROM supplier_copy WHERE superseded_pos IS NULL),
    provision (code, k) AS (
        SELECT 'A' || n, 1 FROM generate_series(1, 6) n UNION ALL SELECT 'B' || n, 1 FROM generate_series(1, 8) n
        UNION ALL SELECT 'C' || n, CASE n WHEN 6 THEN 3 ELSE 2 END FROM generate_series(1, 8) n
        UNION ALL SELECT 'D' || n, CASE n WHEN 7 THEN 3 ELSE 0 END FROM generate_series(1, 8) n
        UNION ALL SELECT 'E' || n, 0 FROM generate_series(1, 12) n),
    risk AS (
        SELECT country,
            (array_agg(rank ORDER BY year DESC) FILTER (WHERE year <= extract(year FROM d.today))
                || array_agg(rank ORDER BY year))[1] AS rank,
            min(make_date(year, 1, 1)) FILTER (WHERE year > extract(year FROM d.today) AND year > first_year)
                AS changes_on
        FROM (SELECT country, year, min(mean_percentile_rank) AS rank, min(min(year)) OVER (PARTITION BY country)
                AS first_year FROM country_risk WHERE superseded_pos IS NULL GROUP BY country, year) AS yearly, d
        GROUP BY country),
    audits AS (
        SELECT m.scored_as AS supplier_id, a.site_code, a.scope, a.conducted_on,
            CASE WHEN a.kind = 'document_review' THEN 1
                WHEN a.kind IN ('vap', 'cma', 'supplemental', 'internal', 'closure') THEN 2 ELSE 0 END AS level
        FROM audit_copy a JOIN member m ON m.id = a.supplier_id, d
        WHERE a.superseded_pos IS NULL AND (a.withdrawn_on IS NULL OR a.withdrawn_on > d.today)),
    stated AS (
        SELECT m.scored_as AS supplier_id, f.*,
            coalesce(p.k, CASE WHEN f.provision ~* '^[ab]' THEN 1 WHEN f.provision ~* '^c' THEN 2 ELSE 0 END) AS k,
            CASE f.severity WHEN 'priority' THEN 40.0 WHEN 'major' THEN 12.0 ELSE 3.0 END AS points,
            CASE WHEN f.withdrawn_on <= d.today OR f.discovered_on > d.today THEN 'gone'
                WHEN f.closed_on <= d.today THEN 'closed'
                WHEN f.due_on < d.today AND NOT coalesce(f.implemented_on <= d.today, false) THEN 'overdue'
                WHEN f.approved_on <= d.today OR f.implemented_on <= d.today THEN 'plan_approved'
                ELSE 'open' END AS state
        FROM (SELECT supplier_id AS owner, standard, code_version, provision, severity, site_code, discovered_on,
                due_on, approved_on, implemented_on, closed_on, withdrawn_on
            FROM finding_copy WHERE superseded_pos IS NULL) AS f
            JOIN member m ON m.id = f.owner
            LEFT JOIN provision p ON p.code = f.provision AND f.standard = 'RBA' AND f.code_version = '8.0', d),
    findings AS MATERIALIZED (
        SELECT s.*, state <> 'gone' AND (state <> 'closed' OR discovered_on > d.audits_after) AS counts,
            points * CASE state WHEN 'open' THEN 1.0 WHEN 'plan_approved' THEN 0.6 WHEN 'overdue' THEN 1.5
                WHEN 'closed' THEN 0.2 ELSE 0 END AS deduction,
            least({_ahead("discovered_on")},
                CASE WHEN state <> 'gone' THEN {_ahead("withdrawn_on")} END,
                CASE WHEN state NOT IN ('gone', 'closed') THEN least({_ahead("closed_on")}, {_ahead("approved_on")},
                    {_ahead("implemented_on")}, CASE WHEN implemented_on IS NULL OR implemented_on > d.today
                        THEN {_ahead("due_on + 1")} END) END,
                CASE WHEN state = 'closed' AND discovered_on > d.audits_after THEN {_leaves("discovered_on", 24)} END
            ) AS changes_on
        FROM stated s, d),
    answers AS MATERIALIZED (
        SELECT m.scored_as AS supplier_id, z.category, z.score, z.on_day
        FROM survey_copy s JOIN member m ON m.id = s.supplier_id,
            unnest(s.categories, s.scores, s.answered_on) AS z(category, score, on_day)
        WHERE s.superseded_pos IS NULL),
    asked AS (
        SELECT m.scored_as AS supplier_id, s.due_on, s.submitted_on
        FROM survey_copy s JOIN member m ON m.id = s.supplier_id
        WHERE s.superseded_pos IS NULL AND s.due_on IS NOT NULL),
    taking_part AS (
        SELECT m.scored_as AS supplier_id, p.subject_id, p.kind, p."on"
        FROM participation_copy p JOIN member m ON m.id = p.supplier_id
        WHERE p.superseded_pos IS NULL AND p.counts AND p.kind IN ('forum', 'training', 'course')),
    certificates AS (
        SELECT m.scored_as AS supplier_id, c.bare, c.valid_from, c.valid_until
        FROM (SELECT *, upper(regexp_replace(split_part(standard, ':', 1), '[^[:alnum:]]', '', 'g')) AS bare
                FROM certificate_copy WHERE superseded_pos IS NULL) AS c JOIN member m ON m.id = c.supplier_id
        WHERE c.bare IN ('ISO14001', 'ISO45001', 'ISO50001'))"""

FIGURES_OF_SUPPLIERS = f"""
    sites AS (
        SELECT supplier_id, site_code, k, max(level) AS level, sum(deduction) AS deducted FROM (
            SELECT supplier_id, site_code, k, level, 0.0 AS deduction FROM audits, d,
                (VALUES {", ".join(f"({k}, '{name}')" for k, name in EACH)}) AS category(k, name)
            WHERE level > 0 AND conducted_on > d.audits_after AND conducted_on <= d.today
                AND (scope = '{{}}' OR name = ANY(scope))
            UNION ALL SELECT supplier_id, site_code, k, 0, deduction FROM findings WHERE counts) AS piece
        GROUP BY supplier_id, site_code, k),
    over_sites AS (
        SELECT supplier_id, k, bool_or(level > 0) AS assessed, bool_or(level = 2) AS fully,
            greatest(0, CASE WHEN bool_or(level > 0) THEN (avg(figure) FILTER (WHERE level > 0)
                + min(figure) FILTER (WHERE level > 0)) / 2 ELSE 60 END
                - coalesce(sum(deducted) FILTER (WHERE level = 0), 0)) AS figure,
            greatest(0, (avg(figure) FILTER (WHERE level = 2) + min(figure) FILTER (WHERE level = 2)) / 2
                - coalesce(sum(deducted) FILTER (WHERE level < 2), 0)) AS without_reviews
        FROM (SELECT *, CAST(greatest(0, CASE level WHEN 2 THEN 100 WHEN 1 THEN 75 ELSE 0 END - deducted) AS float8)
            AS figure FROM sites) AS site
        GROUP BY supplier_id, k),
    by_audit AS (
        SELECT supplier_id, {
    ", ".join(
        f"max(CASE WHEN fully AND without_reviews > figure THEN without_reviews ELSE figure END)"
        f" FILTER (WHERE k = {k}) AS a{k}, bool_or(assessed) FILTER (WHERE k = {k}) AS assessed{k}"
        for k, _ in EACH
    )
} FROM over_sites GROUP BY supplier_id),
    by_answer AS (
        SELECT supplier_id, {
    ", ".join(
        f"max(score) FILTER (WHERE category = '{name}') AS s{k},"
        f" max(on_day) FILTER (WHERE category = '{name}') AS on{k}"
        for k, name in EACH
    )
}, min({_leaves("on_day", 18)}) AS changes_on
        FROM (SELECT DISTINCT ON (supplier_id, category) supplier_id, category, score, on_day FROM answers, d
            WHERE on_day > d.surveys_after AND on_day <= d.today AND category IN {CATEGORIES}
            ORDER BY supplier_id, category, on_day DESC, score) AS latest
        GROUP BY supplier_id),
    answers_ahead AS (SELECT supplier_id, min(on_day) AS changes_on FROM answers, d WHERE on_day > d.today GROUP BY 1),
    by_asking AS (
        SELECT supplier_id,
            max(due_on) FILTER (WHERE due_on > d.surveys_after AND due_on < d.today) AS unanswered,
            min(least({_ahead("submitted_on")}, {_ahead("due_on + 1")},
                CASE WHEN due_on <= d.today THEN {_ahead("(" + _leaves("due_on", 18) + ")")} END)) AS changes_on
        FROM asked, d WHERE submitted_on IS NULL OR submitted_on > d.today GROUP BY supplier_id),
    by_finding AS (
        SELECT supplier_id, bool_or(counts) AS any_counts,
            bool_or(severity = 'priority' AND state NOT IN ('gone', 'closed')) AS open_priority,
            bool_or(severity = 'major' AND state = 'overdue') AS overdue_major, min(changes_on) AS changes_on
        FROM findings GROUP BY supplier_id),
    by_auditing AS (
        SELECT supplier_id, min(CASE WHEN conducted_on > d.today THEN conducted_on ELSE
            {_ahead("(" + _leaves("conducted_on", 24) + ")")} END) AS changes_on
        FROM audits, d WHERE level > 0 GROUP BY supplier_id),
    by_taking_part AS (
        SELECT supplier_id, count(DISTINCT subject_id) FILTER (WHERE held AND kind <> 'course') AS events,
            count(DISTINCT subject_id) FILTER (WHERE held AND kind = 'course') AS courses,
            min(CASE WHEN "on" > today THEN "on" WHEN leaves > today THEN leaves END) AS changes_on
        FROM (SELECT t.*, d.today, "on" > d.engagement_after AND "on" <= d.today AS held, {
    _leaves('"on"', 12)
} AS leaves
            FROM taking_part t, d) AS t GROUP BY supplier_id),
    by_certificate AS (
        SELECT supplier_id,
            count(DISTINCT bare) FILTER (WHERE valid_from <= d.today AND valid_until >= d.today) AS held,
            min(CASE WHEN valid_from > d.today THEN valid_from ELSE {_ahead("valid_until + 1")} END) AS changes_on
        FROM certificates, d GROUP BY supplier_id)"""

_SILENT = "coalesce(asking.unanswered > coalesce(answer.on{k}, '-infinity'), false)"
_EXACT = (
    "0.5 * coalesce(audit.a{k}, 60) + 0.3 * CASE WHEN {silent} THEN 0 ELSE coalesce(answer.s{k}, 55) END"
    " + 0.2 * (50 + coalesce(risk.rank, 0) / 2)"
)
_KNOWN = (
    "0.5 * coalesce(audit.assessed{k}, false)::int + 0.3 * (answer.s{k} IS NOT NULL AND NOT {silent})::int"
    " + 0.2 * (risk.rank IS NOT NULL)::int"
)


def _each(pattern: str) -> list[str]:
    return [pattern.format(k=k, name=name, silent=_SILENT.format(k=k)) for k, name in EACH]


SCORED = f"""
    exact AS MATERIALIZED (
        SELECT m.id AS supplier_id, m.code,
            {", ".join(f"CAST({e} AS float8) AS e{k}" for k, e in enumerate(_each(_EXACT)))},
            CAST(round(CAST(0.25 * ({" + ".join(_each("(" + _KNOWN + ")"))}) AS numeric), 6) AS float8) AS confidence,
            coalesce({" OR ".join(_each("audit.assessed{k}"))}, false) AS any_assessed,
            {" OR ".join(_each("{silent}"))} AS any_silent,
            coalesce(finding.any_counts, false) AS any_counts,
            coalesce(finding.open_priority, false) AS open_priority,
            coalesce(finding.overdue_major, false) AS overdue_major,
            CASE WHEN coalesce(finding.open_priority, false) THEN 0 ELSE CAST(least(3, 0.5 * coalesce(part.events, 0)
                + 0.25 * coalesce(part.courses, 0) + 0.5 * coalesce(certificate.held, 0)) AS float8) END AS credit,
            least(finding.changes_on, auditing.changes_on, answer.changes_on, ahead.changes_on, asking.changes_on,
                part.changes_on, certificate.changes_on, risk.changes_on) - 1 AS valid_until
        FROM member m LEFT JOIN risk ON risk.country = m.country
            LEFT JOIN by_audit audit ON audit.supplier_id = m.id LEFT JOIN by_answer answer ON answer.supplier_id = m.id
            LEFT JOIN answers_ahead ahead ON ahead.supplier_id = m.id
            LEFT JOIN by_asking asking ON asking.supplier_id = m.id
            LEFT JOIN by_finding finding ON finding.supplier_id = m.id
            LEFT JOIN by_auditing auditing ON auditing.supplier_id = m.id
            LEFT JOIN by_taking_part part ON part.supplier_id = m.id
            LEFT JOIN by_certificate certificate ON certificate.supplier_id = m.id
        WHERE m.id = m.scored_as),
    rounded AS (
        SELECT *, {", ".join(f"{_rounded(f'e{k}')} AS c{k}" for k, _ in EACH)},
            {_rounded("0.25 * e0 + 0.25 * e1 + 0.25 * e2 + 0.25 * e3")} AS base,
            {_rounded("least(100.0, 0.25 * e0 + 0.25 * e1 + 0.25 * e2 + 0.25 * e3 + credit)")} AS score FROM exact),
    ruled AS (
        SELECT *, array_remove(ARRAY[CASE WHEN base < 60 THEN 'base_below_60' END,
            {", ".join(f"CASE WHEN c{k} < 40 THEN 'category_below_40:{name}' END" for k, name in EACH)},
            CASE WHEN open_priority THEN 'open_priority_finding' END], NULL) AS high,
            array_remove(ARRAY[CASE WHEN base < 80 THEN 'base_below_80' END,
            {", ".join(f"CASE WHEN c{k} < 60 THEN 'category_below_60:{name}' END" for k, name in EACH)},
            CASE WHEN overdue_major THEN 'overdue_major' END], NULL) AS medium FROM rounded),
    digits AS (
        SELECT supplier_id, code, score, base, {_rounded("credit")} AS credit, confidence, valid_until, c0, c1, c2, c3,
            ARRAY[c0, c1, c2, c3] AS categories,
            CASE WHEN high <> '{{}}' THEN 'high' WHEN medium <> '{{}}' THEN 'medium' ELSE 'low' END AS risk_tier,
            CASE WHEN high <> '{{}}' THEN high ELSE medium END AS tier_reasons,
            CASE WHEN confidence >= 0.5 AND any_assessed THEN 'assessed'
                WHEN confidence <= 0.2 AND NOT any_counts AND NOT any_silent THEN 'assumed' ELSE 'partly' END AS basis
        FROM ruled),
    fresh AS MATERIALIZED (
        SELECT new.*, coalesce(old.version, 0) + changed::int AS version, changed, old.risk_tier AS previous
        FROM digits new LEFT JOIN score old ON old.supplier_id = new.supplier_id,
            LATERAL (SELECT (old.score, old.base, old.credit, old.confidence, old.categories, old.risk_tier,
                old.tier_reasons, old.basis, old.policy_version) IS DISTINCT FROM (new.score, new.base, new.credit,
                new.confidence, new.categories, new.risk_tier, new.tier_reasons, new.basis, 1::smallint) AS changed)
                AS compared
        WHERE changed OR old.valid_until IS DISTINCT FROM new.valid_until)"""

_OWN = (*FIGURES, "categories", "risk_tier", "tier_reasons", "basis")
_SHARED = ("policy_version", "as_of", "registry_pos", "audit_pos", "engagement_pos", "scoring_pos", "computed_at")
_COLUMNS = ", ".join((*_OWN, *_SHARED))
_VALUES = f"{', '.join(_OWN)}, 1, d.today, pos.registry, pos.audit, pos.engagement, pos.scoring, now()"
_SET = ", ".join(f"{name} = excluded.{name}" for name in ("version", "valid_until", *_OWN, *_SHARED))
_MOMENT = """to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"""
_WHO = {"supplier_id": "supplier_id", "supplier_code": "code"}
_SCORE = _json({
    **_WHO, **{name: name for name in (*FIGURES, "risk_tier", "tier_reasons", "basis")},
    "categories": _json({name: f"c{k}" for k, name in EACH}),
    "policy_version": "1", "as_of": "d.today", "computed_at": _MOMENT,
})  # fmt: skip
_TIER = _json(
    {**_WHO, **{name: name for name in ("risk_tier", "previous", "tier_reasons")}, "score_version": "version"}
)

RECALCULATE = f"""
    WITH {EVIDENCE}, {FIGURES_OF_SUPPLIERS}, {SCORED},
    stored AS (
        INSERT INTO score (supplier_id, version, valid_until, {_COLUMNS})
        SELECT supplier_id, version, valid_until, {_VALUES} FROM fresh, d, pos
        ON CONFLICT (supplier_id) DO UPDATE SET {_SET}),
    kept AS (
        INSERT INTO score_history (id, supplier_id, score_version, {_COLUMNS})
        SELECT gen_random_uuid(), supplier_id, version, {_VALUES} FROM fresh, d, pos WHERE changed),
    told AS (
        INSERT INTO feed_event (id, type, resource, resource_id, version, time, data)
        SELECT gen_random_uuid(), 'score.changed', 'score', supplier_id, version, now(), {_SCORE}
        FROM fresh, d WHERE changed)
    INSERT INTO feed_event (id, type, resource, resource_id, version, time, data)
    SELECT gen_random_uuid(), 'risk_tier.changed', 'risk_tier', supplier_id, version, now(), {_TIER}
    FROM fresh WHERE changed AND previous IS DISTINCT FROM risk_tier
"""
"""Parameter: the day. Writes scores, history and events; to be run as scoring's role, in its schema."""
