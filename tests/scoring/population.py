"""Very many suppliers with evidence of every kind, put into scoring's tables by SQL alone, the same ones each time."""

from datetime import date

import asyncpg

CATEGORIES = "ARRAY['management_system','labor_employment','environmental_impact','product_liability']"

SUPPLIERS = """
    INSERT INTO supplier_copy (id, pos, scored_as, code, name, country, supply_tier, kind, status, identifiers)
    SELECT id, n, CASE WHEN n % 997 = 0 THEN md5('supplier' || n - 1)::uuid ELSE id END, 'S' || n, 'Supplier ' || n,
        (ARRAY['TW','CN','VN','MY','MX','TH','CZ','IN','ID','PH','US','DE','KR','JP','HU','BR','PL','SG','KH','BD',
            NULL, 'AQ'])[1 + h % 22], 1 + n % 3, 'general', 'active', '[]'
    FROM (SELECT n, md5('supplier' || n)::uuid AS id, abs(hashint8(n)::bigint) AS h
          FROM generate_series(1, $1::bigint) AS n) AS numbered
"""
COUNTRY_RISKS = """
    INSERT INTO country_risk (id, version, pos, country, year, source, mean_percentile_rank)
    SELECT gen_random_uuid(), 1, 1, country, extract(year FROM $1::date)::int + y, source,
        (abs(hashtext(country || y || source)::bigint) % 10000) / 100.0
    FROM (SELECT DISTINCT country FROM supplier_copy WHERE country IS NOT NULL AND country <> 'AQ') AS held,
        generate_series(-4, 1) AS y, unnest(ARRAY['WGI', 'other']) AS source
    WHERE y < 1 OR country < 'D'
"""
AUDITS = f"""
    INSERT INTO audit_copy (id, pos, supplier_id, kind, scope, site_code, conducted_on, withdrawn_on)
    SELECT md5('audit' || s.pos || '-' || k)::uuid, s.pos * 4 + k, s.id,
        (ARRAY['vap','vap','cma','internal','supplemental','closure','document_review','document_review','regulatory',
            'incident'])[1 + h % 10],
        CASE WHEN h / 10 % 5 = 0 THEN ({CATEGORIES})[1 + h / 50 % 3 : 2 + h / 50 % 3] ELSE '{{}}' END,
        CASE WHEN h / 150 % 3 = 0 THEN 'site-' || h / 450 % 2 END,
        $1::date + 20 - (h / 900 % 1000)::int,
        CASE WHEN h / 7 % 50 = 0 THEN $1::date - 5 + (h % 10)::int END
    FROM (SELECT s.*, k, abs(hashint8(pos * 8 + k)::bigint) AS h FROM supplier_copy s, generate_series(1, 3) AS k) AS s
    WHERE h / 3 % 100 < 40
"""
FINDINGS = """
    INSERT INTO finding_copy (id, pos, superseded_pos, supplier_id, standard, code_version, provision, severity,
        site_code, discovered_on, due_on, approved_on, implemented_on, closed_on, withdrawn_on, voided_on, transitions)
    SELECT md5('finding' || a.pos || '-' || k)::uuid, pos * 8 + v, CASE WHEN v = 0 THEN pos * 8 + 1 END, supplier_id,
        'RBA', CASE WHEN h / 11 % 20 = 0 THEN '7.0' ELSE '8.0' END,
        CASE h % 5 WHEN 0 THEN 'A' || 1 + h / 5 % 6 WHEN 1 THEN 'B' || 1 + h / 5 % 8 WHEN 2 THEN 'C' || 1 + h / 5 % 8
            WHEN 3 THEN 'D' || 1 + h / 5 % 8 ELSE 'E' || 1 + h / 5 % 12 END,
        CASE WHEN h / 40 % 100 < 2 THEN 'priority' WHEN h / 40 % 100 < 25 THEN 'major' ELSE 'minor' END,
        CASE WHEN h / 13 % 20 = 0 THEN 'elsewhere' ELSE site_code END,
        conducted_on, conducted_on + 90 + (h % 200)::int,
        CASE WHEN v = 1 AND h / 17 % 3 > 0 THEN conducted_on + 20 + (h / 3 % 20)::int END,
        CASE WHEN v = 1 AND h / 19 % 3 > 0 THEN conducted_on + 60 + (h / 5 % 300)::int END,
        CASE WHEN v = 1 AND h / 23 % 10 < 6 THEN conducted_on + 90 + (h / 7 % 300)::int END,
        CASE WHEN v = 1 AND h / 29 % 60 = 0 THEN conducted_on + 30 + (h / 11 % 300)::int END,
        NULL, '[]'
    FROM (SELECT a.*, k, v, abs(hashint8(a.pos * 16 + k)::bigint) AS h
          FROM audit_copy a, generate_series(1, 4) AS k, generate_series(0, 1) AS v) AS a
    WHERE h / 31 % 100 < 60 AND (v = 1 OR h % 8 = 0)
"""
SURVEYS = f"""
    INSERT INTO survey_copy (id, pos, supplier_id, due_on, submitted_on, categories, scores, answered_on)
    SELECT md5('survey' || pos || '-' || y)::uuid, pos * 2 + y, id, CASE WHEN h % 10 < 8 THEN due_on END,
        CASE WHEN answered THEN on_day END,
        CASE WHEN answered THEN {CATEGORIES} ELSE '{{}}' END,
        CASE WHEN answered THEN ARRAY[h % 101, h / 101 % 101, 40 + h / 103 % 61, (h / 107 % 10001) / 100.0]
            ELSE '{{}}' END,
        CASE WHEN answered THEN ARRAY[on_day, on_day, on_day, on_day - 1] ELSE '{{}}' END
    FROM (SELECT *, $1::date - 100 - 365 * y - (h % 90)::int AS due_on,
            $1::date + 10 - 365 * y - (h / 7 % 300)::int AS on_day, h / 5 % 10 < 8 AS answered
          FROM (SELECT id, pos, y, abs(hashint8(pos * 32 + y)::bigint) AS h
                FROM supplier_copy, generate_series(0, 1) AS y) AS s
          WHERE h / 3 % 100 < 45) AS s
"""
PARTICIPATIONS = """
    INSERT INTO participation_copy (id, pos, supplier_id, subject_id, kind, "on", counts)
    SELECT md5('part' || pos || '-' || k)::uuid, pos * 4 + k, id, md5('subject' || h % 60)::uuid,
        (ARRAY['forum','training','course','support_meeting'])[1 + h % 4], $1::date + 5 - (h / 4 % 500)::int,
        h / 9 % 30 > 0
    FROM (SELECT id, pos, k, abs(hashint8(pos * 64 + k)::bigint) AS h
          FROM supplier_copy, generate_series(1, 3) AS k) AS s
    WHERE h / 3 % 100 < 30
"""
CERTIFICATES = """
    INSERT INTO certificate_copy (id, pos, supplier_id, standard, valid_from, valid_until)
    SELECT md5('certificate' || pos || '-' || k)::uuid, pos * 2 + k, id,
        (ARRAY['ISO 14001','iso14001:2015','ISO 45001:2018','ISO-50001','ISO 9001'])[1 + h % 5],
        $1::date + 30 - (h / 5 % 1000)::int, $1::date + 30 - (h / 5 % 1000)::int + 1095 - (h / 7 % 400)::int
    FROM (SELECT id, pos, k, abs(hashint8(pos * 128 + k)::bigint) AS h
          FROM supplier_copy, generate_series(0, 1) AS k) AS s
    WHERE h / 3 % 100 < 20
"""
CURSORS = """
    INSERT INTO feed_cursor (source, seq) SELECT source, 10 * (SELECT max(pos) FROM finding_copy)
    FROM unnest(ARRAY['registry', 'audit', 'engagement', 'scoring']) AS source ON CONFLICT (source) DO NOTHING
"""
TABLES = ("supplier_copy", "country_risk", "audit_copy", "finding_copy", "survey_copy", "participation_copy",
          "certificate_copy")  # fmt: skip


async def populate(connection: asyncpg.Connection, suppliers: int, day: date) -> dict[str, int]:
    """Fill the empty tables; returns how many rows each has. One supplier in a thousand is merged into another."""
    await connection.execute(SUPPLIERS, suppliers)
    for statement in (COUNTRY_RISKS, AUDITS, FINDINGS, SURVEYS, PARTICIPATIONS, CERTIFICATES):
        if statement is FINDINGS:
            await connection.execute(statement)
        else:
            await connection.execute(statement, day)
    await connection.execute(CURSORS)
    return {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}
