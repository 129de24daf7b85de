-- What loops ordered about trials since a long tick: if that tick was wrong, trials that were widened are paused.
CREATE TABLE trial_ordered (
    until timestamptz NOT NULL,
    loop text NOT NULL,
    proposal_id text NOT NULL,
    command text NOT NULL,
    PRIMARY KEY (until, proposal_id, command)
);
