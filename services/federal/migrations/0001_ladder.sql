-- One row a case the centre has heard of; `next_at` is when its next level of the ladder is reached.
CREATE TABLE watched (
    case_id        text PRIMARY KEY,
    region         text,
    authority      text,
    priority       integer NOT NULL,
    due_at         timestamptz NOT NULL,
    level          integer NOT NULL,
    next_at        timestamptz,
    open           boolean NOT NULL,
    overdue        boolean NOT NULL,
    waiting_since  timestamptz,
    since          timestamptz NOT NULL,
    last_at        timestamptz NOT NULL,
    release        text NOT NULL,
    correlation_id text NOT NULL
) WITH (fillfactor = 80);

COMMENT ON COLUMN watched.region IS 'Null while nobody holds the case';
COMMENT ON COLUMN watched.since IS 'When the present holder got it';

CREATE INDEX watched_next_at ON watched (next_at, case_id) WHERE next_at IS NOT NULL;
CREATE INDEX watched_open ON watched (region) WHERE open;

CREATE TABLE directives (
    directive_id text PRIMARY KEY,
    case_id      text NOT NULL,
    region       text NOT NULL,
    answer_by    timestamptz NOT NULL,
    closed_at    timestamptz
);

CREATE INDEX directives_case ON directives (case_id) WHERE closed_at IS NULL;
CREATE INDEX directives_region ON directives (region) WHERE closed_at IS NULL;

CREATE TABLE last_tick (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    until    timestamptz NOT NULL
);
