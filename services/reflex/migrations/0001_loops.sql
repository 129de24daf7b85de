CREATE TABLE fact (
    at timestamptz NOT NULL,
    id text NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (at, id)
);
CREATE TABLE loop_state (
    loop text NOT NULL,
    key text NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (loop, key)
);
CREATE TABLE last_tick (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    until timestamptz NOT NULL,
    writer text NOT NULL
);
COMMENT ON COLUMN last_tick.writer IS
    'The transaction that wrote loop_state last: a process whose memory is not of this one reads the state anew.';
