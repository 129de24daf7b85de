-- Every event about a case, as it came: history, why and trace are read from here.
CREATE TABLE case_event (
    arrival bigserial PRIMARY KEY,
    case_id text NOT NULL,
    id text NOT NULL,
    source text NOT NULL,
    type text NOT NULL,
    time timestamptz NOT NULL,
    causation_id text,
    correlation_id text NOT NULL,
    traceparent text,
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    appended_at timestamptz,
    data jsonb NOT NULL
);
CREATE INDEX case_event_by_case ON case_event (case_id, time, arrival);

-- A case as people see it in lists.
CREATE TABLE case_view (
    case_id text PRIMARY KEY,
    reference text NOT NULL,
    region text,
    area text,
    category text,
    authority text,
    first_authority text,
    state text NOT NULL,
    priority integer NOT NULL DEFAULT 0,
    channel text,
    received_at timestamptz,
    due_at timestamptz,
    overdue boolean NOT NULL DEFAULT false,
    level integer NOT NULL DEFAULT 0,
    transfers integer NOT NULL DEFAULT 0,
    reopened integer NOT NULL DEFAULT 0,
    rating integer,
    changed_at timestamptz NOT NULL
);
CREATE INDEX case_view_by_reference ON case_view (reference);
CREATE INDEX case_view_by_change ON case_view (changed_at DESC);
CREATE INDEX case_view_by_region ON case_view (region, state);

-- How often each kind of event happened in a region on a day.
CREATE TABLE day_count (
    day date NOT NULL,
    region text NOT NULL,
    type text NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (day, region, type)
);

-- Proposals, triage, dead letters, directives and findings: the last word on each.
CREATE TABLE item (
    kind text NOT NULL,
    id text NOT NULL,
    state text NOT NULL,
    time timestamptz NOT NULL,
    data jsonb NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX item_by_state ON item (kind, state, time DESC);

-- Links of the rulebook's chained record.
CREATE TABLE chain_link (
    number bigint PRIMARY KEY,
    step text NOT NULL,
    proposal_id text,
    at timestamptz NOT NULL,
    hash text NOT NULL
);

CREATE TABLE clock (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    until timestamptz NOT NULL
);
