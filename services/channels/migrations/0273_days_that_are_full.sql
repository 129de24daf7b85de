-- Of a refused message whose conversation had said enough for a day: when that is over, and whom to call in an emergency.
ALTER TABLE posted_message ADD COLUMN full_until timestamptz;
ALTER TABLE posted_message ADD COLUMN call text;
CREATE INDEX posted_message_full ON posted_message (fingerprint, full_until) WHERE full_until IS NOT NULL;
