-- What was said and done about cases of posted messages, in redacted words: of citizens' own ones `citizen` and
-- `message_id` say whose they are. `shown_at`: when a question was first shown to its citizen on a page.
CREATE TABLE case_step (
    case_id text NOT NULL,
    event_id text NOT NULL,
    at timestamptz NOT NULL,
    sequence bigint NOT NULL,
    kind text NOT NULL,
    words text NOT NULL,
    due_at timestamptz,
    authority text,
    region text,
    on_time boolean,
    rating smallint,
    other text,
    message_id text,
    citizen text,
    shown_at timestamptz,
    PRIMARY KEY (case_id, event_id)
);
CREATE INDEX case_step_by_citizen ON case_step (citizen) WHERE citizen IS NOT NULL;

-- Pages of citizens, by the fingerprint of the secret in their link. `sealed` holds conversation and contact under a key
-- that is made of that secret, so without the link nobody opens it.
CREATE TABLE citizen_page (
    fingerprint bytea PRIMARY KEY,
    sealed bytea NOT NULL,
    begun_at timestamptz NOT NULL,
    citizen text
);
CREATE INDEX citizen_page_by_citizen ON citizen_page (citizen) WHERE citizen IS NOT NULL;
CREATE INDEX posted_message_by_fingerprint ON posted_message (fingerprint) WHERE fingerprint IS NOT NULL;
