-- What intake remembers for a time alone goes by these.
ALTER TABLE told_proposal ADD COLUMN told_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX told_proposal_by_time ON told_proposal (told_at);
CREATE INDEX opened_proposal_by_end ON opened_proposal (until);
CREATE INDEX told_question_by_time ON told_question (asked_at);
CREATE INDEX may_be_known_by_time ON may_be_known (asked_at);
CREATE INDEX awaited_code_by_time ON awaited_code (asked_at);
-- A row a receipt, and nearly in order of time.
CREATE INDEX notice_delivery_by_time ON notice_delivery USING brin (noted_at);
CREATE INDEX told_escalation_by_time ON told_escalation (told_at);
