-- In which conversations their citizen has asked for an erasure that waits for the others.
CREATE TABLE erasure_request (
    thread bytea PRIMARY KEY,
    citizen text NOT NULL,
    asked_at timestamptz NOT NULL
);
CREATE INDEX erasure_request_by_citizen ON erasure_request (citizen);
