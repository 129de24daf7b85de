-- Reports that came as Open311 service requests, as anybody may read them: words as intake redacted them, no contact.
CREATE TABLE service_request (
    case_id text PRIMARY KEY REFERENCES case_state ON DELETE CASCADE,
    event_id text NOT NULL,
    message_id text NOT NULL,
    service text NOT NULL,
    requested_at timestamptz NOT NULL,
    service_code text NOT NULL,
    citizen text,
    description text,
    address text,
    lat double precision,
    lon double precision,
    authority text,
    due_at timestamptz,
    status_notes text
);
COMMENT ON COLUMN service_request.event_id IS 'A keyed hash: of the post that began it.';
COMMENT ON COLUMN service_request.message_id IS 'Also the token by which the number of its case can be asked for.';
COMMENT ON COLUMN service_request.citizen IS 'The pseudonym, by which words are forgotten; NULL until intake has it.';
CREATE INDEX service_request_by_time ON service_request (requested_at, case_id);
CREATE INDEX service_request_by_message ON service_request (message_id);
CREATE INDEX service_request_by_citizen ON service_request (citizen) WHERE citizen IS NOT NULL;

-- What happened to the cases of such reports, with words that the citizen was told.
CREATE TABLE case_history (
    event_id text PRIMARY KEY,
    case_id text NOT NULL REFERENCES case_state ON DELETE CASCADE,
    happened_at timestamptz NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    words text
);
CREATE INDEX case_history_by_case ON case_history (case_id);
CREATE INDEX case_history_by_time ON case_history (happened_at, event_id);
