-- Cases and steps of a citizen's page are read in parts, newest first, by index.
--
-- `about_at`: when the case began that a message is about; infinity where that is not known.
ALTER TABLE posted_message ADD COLUMN about_at timestamptz NOT NULL DEFAULT 'infinity';
UPDATE posted_message AS m SET about_at = c.begun_at FROM case_state AS c
    WHERE c.case_id = m.case_id AND c.begun_at IS NOT NULL AND m.fingerprint IS NOT NULL;
CREATE INDEX posted_message_by_case_begun ON posted_message (fingerprint, about_at, case_id)
    WHERE fingerprint IS NOT NULL AND case_id IS NOT NULL;
CREATE INDEX posted_message_by_state ON posted_message (fingerprint, state) WHERE fingerprint IS NOT NULL;
DROP INDEX posted_message_by_fingerprint;

-- `whose`: by the fingerprint of their conversation's secret, of citizens' own words alone; empty where a form proves no
-- sender. `place`: which of the steps of one moment comes first.
ALTER TABLE case_step ADD COLUMN whose bytea;
ALTER TABLE case_step ADD COLUMN place smallint NOT NULL DEFAULT 9;
UPDATE case_step AS h SET
    whose = coalesce((SELECT m.fingerprint FROM posted_message AS m WHERE m.id = h.message_id), ''),
    place = array_position(
        ARRAY['intake.message.added.v1', 'intake.message.registered.v1', 'intake.support.given.v1',
              'intake.verdict.given.v1'], h.kind)
    WHERE kind IN ('intake.message.added.v1', 'intake.message.registered.v1', 'intake.support.given.v1',
                   'intake.verdict.given.v1');
CREATE INDEX case_step_by_time ON case_step (case_id, whose, at, place, sequence, event_id);
CREATE INDEX case_step_by_kind ON case_step (case_id, kind, at, place, sequence, event_id);
CREATE INDEX attachment_by_case ON attachment (case_id, given_at, id) WHERE case_id IS NOT NULL;
