-- Where each case went, or what it still waits for.
CREATE TABLE route (
    case_id text PRIMARY KEY,
    region text,
    waiting boolean NOT NULL,
    message jsonb NOT NULL,
    message_time timestamptz NOT NULL,
    correlation_id text NOT NULL
);

-- Later messages and verdicts of a case that is not placed yet, in the order of their arrival.
CREATE TABLE held (
    arrival bigserial PRIMARY KEY,
    case_id text NOT NULL,
    kind text NOT NULL,
    body jsonb NOT NULL
);
CREATE INDEX held_by_case ON held (case_id, arrival);
