-- When a proposal came to its state, so that what became of the proposals of the last year is found. Null of older ones.
ALTER TABLE proposal ADD COLUMN moved_at timestamptz;
CREATE INDEX proposal_moved ON proposal (moved_at);
