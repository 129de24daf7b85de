-- A proposal is kept whole: what it went through, who made it, what takes it back. Of older ones only the state, the
-- author's id and the patch are known.
ALTER TABLE proposal ADD COLUMN body jsonb;
UPDATE proposal SET body = jsonb_build_object('id', proposal_id, 'state', state, 'author', author, 'patch', patch);
ALTER TABLE proposal ALTER COLUMN body SET NOT NULL, DROP COLUMN author, DROP COLUMN patch;
CREATE INDEX proposal_state ON proposal (state);

-- The last day in UTC on which the chain's head was published.
ALTER TABLE chain_head ADD COLUMN day date;

CREATE TABLE revoked_consent (
    layer   text NOT NULL,
    consent text NOT NULL,
    PRIMARY KEY (layer, consent)
);
