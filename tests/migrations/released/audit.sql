-- What the code of the last release (audit) says to its database: transactions with `-- then` between them; $1 names the row.

INSERT INTO supplier_copy (id, pos, code, name, country, supply_tier, kind, status, merged_into)
VALUES ($1, 0, $1::uuid::text, 'Old', 'TW', 1, 'general', 'active', NULL)
ON CONFLICT (id) DO UPDATE SET pos = excluded.pos, code = excluded.code, name = excluded.name WHERE supplier_copy.pos < excluded.pos;

-- then

INSERT INTO audit (id, version, audit_ref, supplier_id, kind, standard, auditor, auditor_qualification, scope, site_code,
    planned_on, conducted_on, report_received_on, score, criteria_total, criteria_not_applicable, criteria_conforming,
    score_profile, follows_audit_id, outcome, withdrawn_on, withdrawn_reason, created_by, updated_at)
VALUES ($1, 1, $1::uuid::text, $1, 'vap', 'RBA', NULL, NULL, '{}', NULL, NULL, '2026-09-01', NULL, NULL, NULL, NULL, NULL,
    'rba_vap_2019', NULL, NULL, NULL, NULL, 'old', now())
RETURNING audit.created_at;

INSERT INTO feed_event (id, type, resource, resource_id, version, time, data)
VALUES (gen_random_uuid(), 'audit.created', 'audit', $1, 1, now(), jsonb_build_object('audit_ref', $1::uuid::text, 'supplier_id',
    $1::uuid, 'kind', 'vap', 'standard', 'RBA', 'scope', '[]'::jsonb, 'site_code', NULL, 'planned_on', NULL,
    'conducted_on', '2026-09-01', 'report_received_on', NULL, 'score', NULL, 'outcome', NULL, 'withdrawn_on', NULL));

INSERT INTO audit_log (id, at, sub, client_id, request_id, action, resource_id, version, changes)
VALUES (gen_random_uuid(), now(), 'old', 'old', 'old', 'audit.created', $1, 1, '{}');

-- then

INSERT INTO finding (id, version, finding_ref, supplier_id, audit_id, standard, code_version, provision, severity, site_code,
    site_given, description, internal_note, discovered_on, due_on, due_given, plan_due_on, status, implemented_on,
    closed_on, withdrawn_on, imported, created_by, created_at, updated_at)
VALUES ($1, 1, $1::uuid::text, $1, $1, 'RBA', '8.0', 'A3', 'major', NULL, false, NULL, NULL, '2026-09-01', '2027-04-29',
    false, '2026-11-14', 'open', NULL, NULL, NULL, false, 'old', now(), now());

INSERT INTO feed_event (id, type, resource, resource_id, version, time, data)
VALUES (gen_random_uuid(), 'finding.created', 'finding', $1, 1, now(), jsonb_build_object('finding_ref', $1::uuid::text, 'supplier_id',
    $1::uuid, 'audit_id', $1::uuid, 'standard', 'RBA', 'code_version', '8.0', 'provision', 'A3', 'severity', 'major',
    'site_code', NULL, 'discovered_on', '2026-09-01', 'due_on', '2027-04-29', 'status', 'open',
    'transitions', '[]'::jsonb));

INSERT INTO audit_log (id, at, sub, client_id, request_id, action, resource_id, version, changes)
VALUES (gen_random_uuid(), now(), 'old', 'old', 'old', 'finding.created', $1, 1, '{}');

-- then

SELECT finding.id, finding.version, finding.finding_ref, finding.supplier_id, finding.audit_id, finding.standard,
    finding.code_version, finding.provision, finding.severity, finding.site_code, finding.site_given, finding.description,
    finding.internal_note, finding.discovered_on, finding.due_on, finding.due_given, finding.plan_due_on, finding.status,
    finding.implemented_on, finding.closed_on, finding.withdrawn_on, finding.imported, finding.created_by,
    finding.created_at, finding.updated_at
FROM finding WHERE finding.id = $1 FOR UPDATE;

INSERT INTO finding_transition (finding_id, n, "to", "on", by, reason, audit_id)
VALUES ($1, 1, 'withdrawn', current_date, 'old', 'error', NULL);

UPDATE finding SET version = 2, status = 'withdrawn', withdrawn_on = current_date, updated_at = now()
WHERE finding.id = $1;

INSERT INTO audit_log (id, at, sub, client_id, request_id, action, resource_id, version, changes)
VALUES (gen_random_uuid(), now(), 'old', 'old', 'old', 'finding.withdrawn', $1, 2, '{}');

-- then

SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.feed')), $1::uuid;

WITH unnumbered AS (
    SELECT id, row_number() OVER (ORDER BY id) AS n
    FROM (SELECT * FROM feed_event WHERE feed_seq IS NULL ORDER BY id LIMIT 5000) AS oldest WHERE $1::uuid IS NOT NULL
), numbered AS (
    UPDATE feed_event SET feed_seq = (SELECT head FROM feed_state) + unnumbered.n
    FROM unnumbered WHERE feed_event.id = unnumbered.id RETURNING 1
)
UPDATE feed_state SET head = head + (SELECT count(*) FROM numbered);

SELECT feed_event.id, feed_event.feed_seq, feed_event.type, feed_event.resource, feed_event.resource_id,
    feed_event.version, feed_event.time, feed_event.data
FROM feed_event WHERE feed_event.feed_seq > 0 AND feed_event.resource_id <> $1 ORDER BY feed_event.feed_seq LIMIT 100;

-- then

INSERT INTO task (id, kind, payload) VALUES ($1, 'released', '{"run_id": "1"}');

UPDATE task SET status = 'running', attempts = (task.attempts + 1), lease = (task.lease + 1),
    locked_until = (now() + interval '60 s')
WHERE task.id = (
    SELECT task.id FROM task
    WHERE task.id = $1 AND (task.status = 'queued' AND task.next_attempt_at <= now()
        OR task.status = 'running' AND task.locked_until < now())
    ORDER BY task.next_attempt_at, task.id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING task.id, task.kind, task.payload, task.lease, task.attempts;

UPDATE task SET status = 'succeeded', locked_until = NULL, finished_at = now()
WHERE task.id = $1 AND task.lease = 1 AND task.status = 'running' RETURNING task.id;
