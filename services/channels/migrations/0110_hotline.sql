-- Operators of the hotline who are signed in, by the hash of their cookie, and passes of the portal that were used.
CREATE TABLE operator_session (
    id bytea PRIMARY KEY,
    person text NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE used_pass (
    id bytea PRIMARY KEY,
    used_at timestamptz NOT NULL DEFAULT now()
);

-- Calls: which operator looked at which caller's history, when and how often. `caller` is a keyed hash of the number
-- (NULL: withheld, or erased since), `sealed` the number itself for as long as the call may go on.
CREATE TABLE hotline_call (
    id text PRIMARY KEY,
    operator text NOT NULL,
    caller text,
    sealed bytea,
    begun_at timestamptz NOT NULL DEFAULT now(),
    looks integer NOT NULL DEFAULT 0,
    looked_at timestamptz
);
CREATE INDEX hotline_call_by_caller ON hotline_call (caller) WHERE caller IS NOT NULL;

-- What operators did in those calls: of what became a message, `id` is that message's.
CREATE TABLE hotline_record (
    id text PRIMARY KEY,
    call_id text NOT NULL,
    operator text NOT NULL,
    act text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX hotline_record_by_call ON hotline_record (call_id);

-- Conversations of callers: `conversation` is a name of ours, `language` in which its caller is told.
CREATE TABLE hotline_conversation (
    fingerprint bytea PRIMARY KEY,
    conversation text NOT NULL,
    call_id text NOT NULL,
    caller text,
    language text NOT NULL,
    begun_at timestamptz NOT NULL,
    citizen text
);
CREATE INDEX hotline_conversation_by_caller ON hotline_conversation (caller) WHERE caller IS NOT NULL;
CREATE INDEX hotline_conversation_by_call ON hotline_conversation (call_id);
CREATE INDEX hotline_conversation_by_citizen ON hotline_conversation (citizen) WHERE citizen IS NOT NULL;
