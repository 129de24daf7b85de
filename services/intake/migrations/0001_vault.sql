-- A conversation of one citizen on one channel is one case. Contact and originals are sealed.
CREATE TABLE conversation (
    channel text NOT NULL,
    conversation text NOT NULL,
    case_id text NOT NULL,
    reference text NOT NULL,
    citizen text NOT NULL,
    contact bytea NOT NULL,
    language text NOT NULL,
    key_id text NOT NULL,
    correlation_id text NOT NULL,
    PRIMARY KEY (channel, conversation)
);
CREATE UNIQUE INDEX conversation_by_case ON conversation (case_id);

-- Every message's original text, sealed, and what became of it.
CREATE TABLE message (
    id text PRIMARY KEY,
    case_id text,
    channel text NOT NULL,
    state text NOT NULL,
    reason text,
    original bytea NOT NULL,
    key_id text NOT NULL,
    received_at timestamptz NOT NULL
);

CREATE TABLE notice_delivery (
    notice_id text PRIMARY KEY,
    delivered boolean NOT NULL,
    reason text
);

CREATE TABLE tick (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    since timestamptz NOT NULL,
    until timestamptz NOT NULL
);
