-- The plumbing keeps the last tick, as heard_tick, and what waits for the next one, as tick_buffer.
ALTER TABLE chain_head DROP COLUMN tick_since, DROP COLUMN tick_until;

INSERT INTO tick_buffer (key, topic, place, at, id, source, type, subject, correlation_id, traceparent, principal, body)
SELECT body::jsonb ->> 'proposal_id', 'rules.commands', 0, at, id, source, body_type, subject, correlation_id,
       traceparent, principal, convert_to(body, 'UTF8')
FROM waiting_proposal CROSS JOIN (VALUES ('rules.proposal.propose.v1')) AS known (body_type);
DROP TABLE waiting_proposal;
