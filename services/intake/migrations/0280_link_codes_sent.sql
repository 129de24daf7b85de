-- Each request for a code that links two channels, for a day: how often one person is written to, and how often one
-- conversation or sender asks, whatever became of the code. It stays when either is erased: nobody shall be written to
-- more often for that.
CREATE TABLE link_code_sent (
    id text PRIMARY KEY,
    thread bytea NOT NULL,
    citizen text NOT NULL,
    other text NOT NULL,
    at timestamptz NOT NULL,
    sent boolean NOT NULL
);
CREATE INDEX link_code_sent_by_other ON link_code_sent (other, at) WHERE sent;
CREATE INDEX link_code_sent_by_thread ON link_code_sent (thread, at);
CREATE INDEX link_code_sent_by_citizen ON link_code_sent (citizen, at);
CREATE INDEX link_code_sent_by_time ON link_code_sent (at);
CREATE INDEX IF NOT EXISTS notice_copy_by_case ON notice_copy (case_id);
INSERT INTO link_code_sent (id, thread, citizen, other, at, sent)
SELECT 'awaited ' || encode(thread, 'hex'), thread, citizen, other, asked_at, true FROM awaited_code;
