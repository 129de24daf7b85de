-- What an idempotency key was first sent with, so that the same key with another body is told apart from a repeat.
CREATE TABLE idempotency (
    key bytea PRIMARY KEY,
    body bytea NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idempotency_by_age ON idempotency USING brin (seen_at);

-- How the case stands for a citizen who asks by the number that was told.
ALTER TABLE conversation ADD COLUMN answered boolean NOT NULL DEFAULT false;
ALTER TABLE conversation ADD COLUMN begun_at timestamptz;
CREATE INDEX conversation_by_reference ON conversation (reference);
