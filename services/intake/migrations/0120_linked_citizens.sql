-- Citizens who proved by a code that two channels' pseudonyms are one person: the first is known as the second.
CREATE TABLE linked_citizen (
    citizen text PRIMARY KEY,
    into_citizen text NOT NULL
);
CREATE INDEX linked_citizen_by_target ON linked_citizen (into_citizen);

-- The same of one conversation that was begun over HTTP, where nobody proves an address: whoever writes there as `sender`
-- is known as the citizen, other conversations of that address are not.
CREATE TABLE linked_conversation (
    thread bytea PRIMARY KEY,
    sender text NOT NULL,
    citizen text NOT NULL
);
CREATE INDEX linked_conversation_by_citizen ON linked_conversation (citizen);

-- In which conversation a code is awaited, and of whom it makes its sender one; `code` is a keyed hash.
CREATE TABLE awaited_code (
    thread bytea PRIMARY KEY,
    citizen text NOT NULL,
    other text NOT NULL,
    code bytea NOT NULL,
    asked_at timestamptz NOT NULL,
    wrong integer NOT NULL DEFAULT 0
);
CREATE INDEX awaited_code_by_other ON awaited_code (other);
