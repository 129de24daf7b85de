CREATE TABLE judgement (
    proposal_id text NOT NULL,
    number      bigint NOT NULL,
    person      text COLLATE "C" NOT NULL,
    role        text NOT NULL,
    agree       bigint[] NOT NULL,
    disagree    bigint[] NOT NULL,
    given_at    timestamptz NOT NULL,
    PRIMARY KEY (proposal_id, number)
);
CREATE INDEX judgement_by_person ON judgement (proposal_id, person);
COMMENT ON TABLE judgement IS 'Every judgement of the words of others; the last of a person on each of them counts.';
COMMENT ON COLUMN judgement.agree IS 'The published numbers of the words.';

ALTER TABLE deliberation ADD COLUMN groups_due boolean NOT NULL DEFAULT false;
CREATE INDEX deliberation_groups_due ON deliberation (proposal_id) WHERE groups_due;
COMMENT ON COLUMN deliberation.groups_due IS 'Whether more is known than its last published opinion groups say.';
