-- One row a case. `body` changes with every step; `assignment` is what routing said, written once, read on a hand-over.
CREATE TABLE cases (
    case_id    text PRIMARY KEY,
    state      text NOT NULL,
    authority  text NOT NULL,
    due_at     timestamptz NOT NULL,
    fires_at   timestamptz,
    body       text NOT NULL,
    assignment text NOT NULL
) WITH (fillfactor = 80);

COMMENT ON COLUMN cases.fires_at IS 'When the deadline is to be reported; null when closed, stopped or reported';

CREATE INDEX cases_fires_at ON cases (fires_at, case_id) WHERE fires_at IS NOT NULL;

CREATE TABLE last_tick (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    until    timestamptz NOT NULL
);
