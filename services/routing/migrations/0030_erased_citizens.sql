-- Whose words are forgotten; they may still come, said before.
CREATE TABLE erased_citizen (
    citizen text PRIMARY KEY,
    erased_at timestamptz NOT NULL
);
