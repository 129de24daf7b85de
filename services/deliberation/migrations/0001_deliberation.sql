CREATE TABLE deliberation (
    proposal_id text PRIMARY KEY,
    state       text NOT NULL,
    body        jsonb NOT NULL
);
COMMENT ON TABLE deliberation IS 'Proposals that people argue about, or did.';
