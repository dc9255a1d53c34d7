-- What the code of the last release (engagement) says to its database: transactions with `-- then` between them; $1 names the row.

INSERT INTO supplier_copy (id, pos, code, name, country, supply_tier, kind, status)
VALUES ($1, 0, $1::uuid::text, 'Old', 'TW', 1, 'general', 'active')
ON CONFLICT (id) DO UPDATE SET pos = excluded.pos, code = excluded.code, name = excluded.name WHERE supplier_copy.pos < excluded.pos;

-- then

INSERT INTO event (id, version, event_ref, kind, title, topic, provisions, starts_at, ends_at, time_zone, language, channel,
    speakers, person_times, withdrawn_on, reason, created_by)
VALUES ($1, 1, $1::uuid::text, 'training', 'Old', 'x', '{}', '2026-09-01 08:00+00', '2026-09-01 10:00+00', 'Asia/Taipei',
    'en', 'online', '[]', 0, NULL, NULL, 'old')
RETURNING event.created_at;

INSERT INTO feed_event (id, type, resource, resource_id, version, time, data)
VALUES (gen_random_uuid(), 'event.created', 'event', $1, 1, now(), jsonb_build_object('event_ref', $1::uuid::text, 'kind', 'training',
    'title', 'Old', 'topic', 'x', 'provisions', '[]'::jsonb, 'time_zone', 'Asia/Taipei', 'language', 'en',
    'channel', 'online', 'person_times', 0, 'starts_at', '2026-09-01T08:00:00Z', 'ends_at', '2026-09-01T10:00:00Z',
    'withdrawn_on', NULL));

INSERT INTO audit_log (id, at, sub, client_id, request_id, action, resource_id, version, changes)
VALUES (gen_random_uuid(), now(), 'old', 'old', 'old', 'event.created', $1, 1, '{}');

-- then

SELECT event.id, event.version, event.event_ref, event.kind, event.title, event.topic, event.provisions, event.starts_at,
    event.ends_at, event.time_zone, event.language, event.channel, event.speakers, event.person_times, event.withdrawn_on,
    event.reason, event.created_by, event.created_at
FROM event WHERE event.id = $1 FOR UPDATE;

INSERT INTO attendance (id, version, event_id, supplier_id, person_ref, persons, joined_at, left_at, rating, withdrawn_on,
    reason)
VALUES ($1, 1, $1, $1, 'p-1', 1, NULL, NULL, NULL, NULL, NULL);

INSERT INTO participation (id, version, subject_id, supplier_id, kind, "on", counts)
VALUES ($1, 1, $1, $1, 'training', '2026-09-01', true);

UPDATE event SET version = 2, person_times = 1 WHERE event.id = $1;

INSERT INTO feed_event (id, type, resource, resource_id, version, time, data)
VALUES (gen_random_uuid(), 'participation.recorded', 'participation', $1, 1, now(), jsonb_build_object('supplier_id', $1::uuid,
    'subject_id', $1::uuid, 'kind', 'training', 'on', '2026-09-01', 'counts', true));

INSERT INTO audit_log (id, at, sub, client_id, request_id, action, resource_id, version, changes)
VALUES (gen_random_uuid(), now(), 'old', 'old', 'old', 'event.attended', $1, 2, '{}');

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
