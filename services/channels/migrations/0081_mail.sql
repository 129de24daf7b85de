-- Threads of mails, by the fingerprint of the conversation's secret: the subject and Message-IDs, sealed, so that an answer
-- stands in its thread. `opening` is a keyed hash of the address and the mail that began it; `citizen` the pseudonym, by
-- which it is forgotten.
CREATE TABLE mail_thread (
    conversation bytea PRIMARY KEY,
    opening bytea,
    sealed bytea NOT NULL,
    begun_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    citizen text
);
CREATE INDEX mail_thread_by_citizen ON mail_thread (citizen) WHERE citizen IS NOT NULL;
CREATE INDEX mail_thread_by_opening ON mail_thread (opening) WHERE opening IS NOT NULL;
CREATE INDEX mail_thread_by_age ON mail_thread USING brin (changed_at);

-- Which notice a mail told of, by the keyed hash in the address to which it comes back.
CREATE TABLE mail_sent (
    tag text PRIMARY KEY,
    notice_id text NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX mail_sent_by_age ON mail_sent USING brin (sent_at);
