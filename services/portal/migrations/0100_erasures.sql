-- Citizens whose words up to then are shown nowhere, whenever they are read.
CREATE TABLE erased_citizen (
    citizen text PRIMARY KEY,
    erased_at timestamptz NOT NULL
);
