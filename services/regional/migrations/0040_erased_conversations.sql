-- What of conversations that were erased by themselves is forgotten, by case and message; it may still come, said before.
CREATE TABLE erased_words (
    name text NOT NULL,
    citizen text NOT NULL,
    erased_at timestamptz NOT NULL,
    PRIMARY KEY (name, citizen)
);
