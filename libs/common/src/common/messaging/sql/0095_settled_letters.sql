-- Settled letters are kept for a time, to look into what happened: since when.
ALTER TABLE dead_letter ADD COLUMN settled_at timestamptz;
UPDATE dead_letter SET settled_at = now() WHERE settled IS NOT NULL;
CREATE INDEX dead_letter_settled ON dead_letter (settled_at) WHERE settled_at IS NOT NULL;
