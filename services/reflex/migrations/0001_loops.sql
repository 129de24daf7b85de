CREATE TABLE fact (
    at timestamptz NOT NULL,
    id text NOT NULL,
    body jsonb NOT NULL,
    PRIMARY KEY (at, id)
);
CREATE TABLE loop_state (
    loop text NOT NULL,
    key text NOT NULL,
    body jsonb NOT NULL,
    PRIMARY KEY (loop, key)
);
CREATE TABLE last_tick (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    until timestamptz NOT NULL
);
