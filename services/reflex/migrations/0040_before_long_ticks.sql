-- How things stood before a tick that was far longer than those before it, and what was taken and proposed since: if
-- that tick was wrong, the loops go on from there.
ALTER TABLE last_tick ADD COLUMN length interval;

CREATE TABLE long_tick (
    until timestamptz PRIMARY KEY,
    kept_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE loop_state_before (
    until timestamptz NOT NULL REFERENCES long_tick ON DELETE CASCADE,
    loop text NOT NULL,
    key text NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (until, loop, key)
);
CREATE TABLE fact_taken (
    until timestamptz NOT NULL,
    at timestamptz NOT NULL,
    id text NOT NULL,
    body text NOT NULL
);
CREATE TABLE proposal_made (
    until timestamptz NOT NULL,
    loop text NOT NULL,
    proposal_id text PRIMARY KEY
);
