-- What the code of the last release (registry) says to its database: transactions with `-- then` between them; $1 names the row.

INSERT INTO supplier (id, version, code, name, aliases, country, supply_tier, kind, status, parent_code, commodities,
    annual_spend, currency, email, merged_into, created_by, updated_at)
VALUES ($1, 1, $1::uuid::text, 'Old', '{}', 'TW', 1, 'general', 'active', NULL, '{}', NULL, NULL, NULL, NULL, 'old', now())
RETURNING supplier.created_at;

INSERT INTO feed_event (id, type, resource, resource_id, version, time, data)
VALUES (gen_random_uuid(), 'supplier.created', 'supplier', $1, 1, now(), jsonb_build_object('code', $1::uuid::text, 'name', 'Old',
    'aliases', '[]'::jsonb, 'country', 'TW', 'supply_tier', 1, 'kind', 'general', 'status', 'active', 'parent_code', NULL,
    'commodities', '[]'::jsonb, 'identifiers', '[]'::jsonb, 'annual_spend', NULL, 'email_domain', NULL,
    'merged_into', NULL));

INSERT INTO audit_log (id, at, sub, client_id, request_id, action, resource_id, version, changes)
VALUES (gen_random_uuid(), now(), 'old', 'old', 'old', 'supplier.created', $1, 1, '{}');

-- then

SELECT supplier.id, supplier.version, supplier.code, supplier.name, supplier.aliases, supplier.country,
    supplier.supply_tier, supplier.kind, supplier.status, supplier.parent_code, supplier.commodities, supplier.annual_spend,
    supplier.currency, supplier.email, supplier.merged_into, supplier.created_by, supplier.created_at, supplier.updated_at
FROM supplier WHERE supplier.id = $1 FOR UPDATE;

UPDATE supplier SET version = 2, name = 'Older', updated_at = now() WHERE supplier.id = $1;

INSERT INTO feed_event (id, type, resource, resource_id, version, time, data)
VALUES (gen_random_uuid(), 'supplier.changed', 'supplier', $1, 2, now(), jsonb_build_object('code', $1::uuid::text, 'name', 'Older',
    'aliases', '[]'::jsonb, 'country', 'TW', 'supply_tier', 1, 'kind', 'general', 'status', 'active', 'parent_code', NULL,
    'commodities', '[]'::jsonb, 'identifiers', '[]'::jsonb, 'annual_spend', NULL, 'email_domain', NULL,
    'merged_into', NULL));

INSERT INTO audit_log (id, at, sub, client_id, request_id, action, resource_id, version, changes)
VALUES (gen_random_uuid(), now(), 'old', 'old', 'old', 'supplier.changed', $1, 2, '{}');

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
