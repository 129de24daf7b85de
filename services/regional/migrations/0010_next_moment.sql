-- What time alone brings next: the deadline, a reminder of a question, or the end of waiting for a reply.
ALTER TABLE cases ADD COLUMN next_at timestamptz;
UPDATE cases SET next_at = CASE WHEN state = 'waiting' THEN (body::jsonb ->> 'last_at')::timestamptz ELSE fires_at END
WHERE state = 'waiting' OR fires_at IS NOT NULL;

DROP INDEX cases_fires_at;
CREATE INDEX cases_next_at ON cases (next_at, case_id) WHERE next_at IS NOT NULL;
