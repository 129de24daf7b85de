-- The plumbing keeps the last tick, as heard_tick, and what waits for the next one, as tick_buffer.
DROP TABLE last_tick;

INSERT INTO tick_buffer (key, topic, place, at, id, source, type, subject, correlation_id, release, traceparent, body)
SELECT case_id, topic, place, at, id, source, type, case_id, correlation_id, release, traceparent, body FROM fact
ON CONFLICT DO NOTHING;
DROP TABLE fact;
