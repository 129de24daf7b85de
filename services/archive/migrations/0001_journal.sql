-- What happened to cases, as it came: one row a record, in the order of no index, sealed into a segment when it grows.
CREATE TABLE journal (
    kind text NOT NULL,
    case_id uuid NOT NULL,
    happened_at timestamptz NOT NULL,
    sequence bigint NOT NULL,
    region text,
    authority text,
    area text,
    category text,
    given text,
    channel text,
    priority smallint,
    release text,
    rows text,
    by_hand boolean,
    said_category boolean,
    said_authority boolean,
    handed_over boolean,
    reason text,
    other text,
    minutes integer,
    number smallint,
    on_time boolean,
    received_at timestamptz,
    due_at timestamptz,
    synthetic boolean
);
COMMENT ON COLUMN journal.given IS 'What the channel called the category.';
COMMENT ON COLUMN journal.rows IS 'Rows that decided: layer:number/table/row, separated by spaces.';
COMMENT ON COLUMN journal.said_category IS 'A person, not the category map, named the category.';
COMMENT ON COLUMN journal.other IS 'The authority, region or case that the record names beside its own.';

CREATE TABLE segment (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rows bigint NOT NULL,
    parquet bytea NOT NULL
);
ALTER TABLE segment ALTER COLUMN parquet SET STORAGE EXTERNAL;
COMMENT ON TABLE segment IS 'Sealed parts of the journal, as Parquet files; a row of the past is in one of both.';

CREATE TABLE waiting_proposal (
    proposal_id text PRIMARY KEY,
    checked_at timestamptz NOT NULL,
    envelope text NOT NULL,
    body text NOT NULL,
    ends text
);
COMMENT ON COLUMN waiting_proposal.envelope IS 'Of the ProposalChecked that waits for its backtest.';
COMMENT ON COLUMN waiting_proposal.ends IS
    'How far the topics of cases went at the first tick that began after the check: up to there they must be read.';
