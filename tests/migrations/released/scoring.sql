-- What the code of the last release (scoring) says to its database: transactions with `-- then` between them; $1 names the row.

INSERT INTO performance (id, version, quarter, supplier_code, quality, cost, delivery, service, updated_at)
VALUES ($1, 1, '2026Q3', $1::uuid::text, 90, 80, 70, 60, now());

INSERT INTO feed_event (id, type, resource, resource_id, version, time, data)
VALUES (gen_random_uuid(), 'performance.created', 'performance', $1, 1, now(), jsonb_build_object('quarter', '2026Q3', 'supplier_code',
    $1::uuid::text, 'quality', 90, 'cost', 80, 'delivery', 70, 'service', 60));

INSERT INTO audit_log (id, at, sub, client_id, request_id, action, resource_id, version, changes)
VALUES (gen_random_uuid(), now(), 'old', 'old', 'old', 'performance.created', $1, 1, '{}');

-- then

SELECT policy.version, policy.valid_from FROM policy WHERE policy.status = 'published' AND $1::uuid IS NOT NULL;

INSERT INTO score (supplier_id, version, valid_until, score, base, credit, risk_tier, tier_reasons, basis, confidence,
    categories, policy_version, as_of, registry_pos, audit_pos, engagement_pos, scoring_pos, computed_at)
VALUES ($1, 1, NULL, 56.5, 56.5, 0, 'high', '{base_below_60}', 'assumed', 0, '{56.5,56.5,56.5,56.5}', 1, current_date, 0, 0,
    0, 0, now())
ON CONFLICT (supplier_id) DO UPDATE SET version = excluded.version, score = excluded.score;

INSERT INTO score_history (id, supplier_id, score_version, score, base, credit, risk_tier, tier_reasons, basis, confidence,
    categories, policy_version, as_of, registry_pos, audit_pos, engagement_pos, scoring_pos, computed_at)
VALUES ($1, $1, 1, 56.5, 56.5, 0, 'high', '{base_below_60}', 'assumed', 0, '{56.5,56.5,56.5,56.5}', 1, current_date, 0, 0, 0,
    0, now());

DELETE FROM dirty WHERE dirty.supplier_id = $1 RETURNING dirty.supplier_id;

-- then

INSERT INTO commodity (id, version, code, description) VALUES ($1, 1, $1::uuid::text, 'Old');

INSERT INTO qbr (id, version, quarter, revision, status, error, policy_version, unknown_suppliers, dropped_suppliers, grades,
    created_by, computed_at, published_by, published_at)
VALUES ($1, 1, $1::uuid::text, 1, 'published', NULL, 1, '{}', '{}', '{}', 'old', now(), 'old', now())
RETURNING qbr.created_at;

INSERT INTO scorecard (qbr_id, supplier_id, supplier_code, name, rank, quality, cost, delivery, service, sustainability,
    total, coverage, grade, previous_grade, limits, consequence, actions, risk_tier, basis, priority_missed, standing,
    changes)
VALUES ($1, $1, $1::uuid::text, 'Old', 1, 90, 80, 70, 60, 56.5, 75, 100, 'B', NULL, '{}', 'keep', '{}', 'medium', 'assumed',
    false, '{}', '{}');

INSERT INTO action (id, version, quarter, revision, supplier_id, supplier_code, kind, owner_role, owner, due_on, state, note,
    closed_by, closed_at)
VALUES ($1, 1, $1::uuid::text, 1, $1, $1::uuid::text, 'assess', 'sustainability', NULL, current_date, 'open', NULL, NULL, NULL)
RETURNING action.created_at;

-- then

INSERT INTO allocation_run (id, version, qbr_quarter, valid_from, valid_to, status, error, total, proposed, infeasible,
    failed, errors, unknown_suppliers, created_by, finished_at)
VALUES ($1, 1, $1::uuid::text, '2026-10-01', '2026-12-31', 'succeeded', NULL, 1, 1, 0, 0, '[]', '{}', 'old', now());

INSERT INTO allocation (id, version, realised_version, run_id, qbr_quarter, qbr_revision, commodity, valid_from, valid_to,
    supersedes, status, infeasible, relaxed, unallocated_share, overcommitted_share, lambda, average_score, created_by,
    decided_by, decided_at, reason)
VALUES ($1, 1, 0, $1, '2026Q3', 1, $1::uuid::text, '2026-10-01', '2026-12-31', NULL, 'proposed', false, '{}', 0, 0, 0, 75,
    'old', NULL, NULL, NULL)
RETURNING allocation.created_at;

UPDATE allocation SET version = 2, status = 'approved', decided_by = 'old', decided_at = now() WHERE allocation.id = $1;

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
