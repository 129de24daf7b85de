-- Loops that failed, and the facts that they have missed since: other loops go on, and a loop that is mended catches up.
CREATE TABLE stopped_loop (
    loop text PRIMARY KEY,
    since timestamptz NOT NULL,
    failures integer NOT NULL,
    retry_at timestamptz NOT NULL,
    reason text NOT NULL
);
COMMENT ON COLUMN stopped_loop.since IS 'End of the first tick at which it failed; all times are ticks.';

CREATE TABLE fact_missed (
    loop text NOT NULL REFERENCES stopped_loop,
    until timestamptz NOT NULL,
    at timestamptz NOT NULL,
    id text NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (loop, at, id)
);
COMMENT ON COLUMN fact_missed.until IS 'End of the tick that took it.';

ALTER TABLE fact_taken ADD COLUMN loop text;
COMMENT ON COLUMN fact_taken.loop IS 'The one loop that took it, later than the others; null: all of them.';
