CREATE TABLE idea (
    idea_id     text PRIMARY KEY,
    reference   text NOT NULL,
    citizen     text NOT NULL,
    words       text NOT NULL,
    amends      text,
    state       text NOT NULL,
    proposal_id text,
    command_id  text
);
CREATE INDEX idea_by_citizen ON idea (citizen, reference);
CREATE INDEX idea_by_proposal ON idea (proposal_id) WHERE proposal_id IS NOT NULL;
COMMENT ON TABLE idea IS 'What citizens wish for in words, and the proposal that was made of it.';
COMMENT ON COLUMN idea.citizen IS 'The pseudonym at intake.';
COMMENT ON COLUMN idea.command_id IS 'The order to rules by which the proposal was made.';
