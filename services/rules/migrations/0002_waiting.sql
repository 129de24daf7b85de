-- Proposals of loops wait for the tick after the one they were made at, so that their numbers in the chain do not
-- depend on which of them was read first.
CREATE TABLE waiting_proposal (
    id             text PRIMARY KEY,
    at             timestamptz NOT NULL,
    principal      text NOT NULL,
    source         text NOT NULL,
    subject        text NOT NULL,
    correlation_id text NOT NULL,
    traceparent    text,
    body           text NOT NULL
);
