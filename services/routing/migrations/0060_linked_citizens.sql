-- Citizens who proved that they are one person. `whole` is false where that holds of one conversation alone.
CREATE TABLE linked_citizen (
    citizen text COLLATE "C" NOT NULL,
    into_citizen text COLLATE "C" NOT NULL,
    linked_at timestamptz NOT NULL,
    whole boolean NOT NULL,
    PRIMARY KEY (citizen, into_citizen)
);
CREATE INDEX linked_citizen_by_target ON linked_citizen (into_citizen);
