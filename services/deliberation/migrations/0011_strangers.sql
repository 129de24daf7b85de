ALTER TABLE voice ADD COLUMN stranger boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN voice.stranger IS 'Said by a citizen of whom nothing else was known then: no open case, no word on another proposal.';
