-- What people say about proposals. One row a voice; `counts` is true for each speaker's last one.
CREATE TABLE voice (
    proposal_id text NOT NULL,
    voice_id text NOT NULL,
    number bigint NOT NULL,
    speaker text NOT NULL,
    role text NOT NULL,
    stance text NOT NULL,
    words text NOT NULL,
    channel text,
    counts boolean NOT NULL,
    given_at timestamptz NOT NULL,
    cause text,
    answer text,
    answered_by text,
    answered_at timestamptz,
    hidden boolean NOT NULL DEFAULT false,
    hidden_reason text,
    hidden_by text,
    appeal text NOT NULL DEFAULT 'none',
    last_cause text,
    PRIMARY KEY (proposal_id, voice_id)
) WITH (fillfactor = 80);
CREATE INDEX voice_by_number ON voice (proposal_id, number DESC);
CREATE INDEX voice_by_stance ON voice (proposal_id, stance, number DESC) WHERE counts;
CREATE INDEX voice_unanswered ON voice (proposal_id, number) WHERE counts AND answer IS NULL AND stance = 'object';

-- How many voices count, kept up to date with every batch: a page never counts voices.
CREATE TABLE voice_tally (
    proposal_id text NOT NULL,
    role text NOT NULL,
    stance text NOT NULL,
    voices bigint NOT NULL,
    PRIMARY KEY (proposal_id, role, stance)
);
