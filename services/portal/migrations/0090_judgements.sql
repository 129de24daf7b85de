-- How officials judge the words of others on proposals, as they order it on pages: the last judgement of each.
CREATE TABLE judgement (
    proposal_id text NOT NULL,
    speaker text NOT NULL,
    number bigint NOT NULL,
    agrees boolean NOT NULL,
    cause text,
    PRIMARY KEY (proposal_id, speaker, number)
);
COMMENT ON COLUMN judgement.number IS 'The published number of the words.';
