-- Whose message it was; of older ones it is known by their case or their conversation alone.
ALTER TABLE message ADD COLUMN citizen text;

-- Whom the vault knows no more, by pseudonym.
CREATE TABLE erased_citizen (
    citizen text PRIMARY KEY,
    erased_at timestamptz NOT NULL
);
