-- A proposal waits for its backtest after its check, and for its forecast's score until its review.
ALTER TABLE waiting_proposal RENAME COLUMN checked_at TO as_of;
ALTER TABLE waiting_proposal ADD COLUMN asks text NOT NULL DEFAULT 'backtest' CHECK (asks IN ('backtest', 'score'));
ALTER TABLE waiting_proposal ADD COLUMN since timestamptz;
ALTER TABLE waiting_proposal DROP CONSTRAINT waiting_proposal_pkey;
ALTER TABLE waiting_proposal ADD PRIMARY KEY (asks, proposal_id);
COMMENT ON COLUMN waiting_proposal.as_of IS 'What happened before is counted: the check, or the review.';
COMMENT ON COLUMN waiting_proposal.since IS 'Of a change to be scored: when it came into force.';
COMMENT ON COLUMN waiting_proposal.envelope IS 'Of the event that the answer follows from.';
COMMENT ON COLUMN waiting_proposal.ends IS
    'How far the topics of cases went at the first tick that began at this time or later: up to there they must be read.';

CREATE TABLE checked_proposal (
    proposal_id text PRIMARY KEY,
    body text NOT NULL
);
COMMENT ON TABLE checked_proposal IS 'Each proposal as it was checked last, for the score of its forecast.';
