-- Conversations are looked up by a keyed hash and lie sealed, as the channel's words on deliveries do. What earlier
-- versions kept in clear is not carried over: SQL has no key. A later message of such a conversation begins a new case.
DROP TABLE conversation;
CREATE TABLE conversation (
    thread bytea PRIMARY KEY,
    channel text NOT NULL,
    conversation bytea NOT NULL,
    case_id text NOT NULL,
    reference text NOT NULL,
    citizen text NOT NULL,
    contact bytea NOT NULL,
    language text NOT NULL,
    key_id text NOT NULL,
    correlation_id text NOT NULL,
    answered boolean NOT NULL DEFAULT false,
    begun_at timestamptz,
    by_edge boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX conversation_by_case ON conversation (case_id);
CREATE INDEX conversation_by_reference ON conversation (reference);

ALTER TABLE notice_delivery DROP COLUMN reason;
ALTER TABLE notice_delivery ADD COLUMN reason bytea;
DROP TABLE tick;
