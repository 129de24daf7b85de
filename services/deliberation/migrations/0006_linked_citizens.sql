-- Citizens who proved that they are one person: what the first said is the second's. `voices` names the voices that this
-- holds of, NULL: all. It holds of what was said up to `ended_at`: then they were erased.
CREATE TABLE linked_citizen (
    citizen      text COLLATE "C" NOT NULL,
    into_citizen text COLLATE "C" NOT NULL,
    voices       text[],
    ended_at     timestamptz,
    PRIMARY KEY (citizen, into_citizen)
);
CREATE INDEX linked_citizen_by_target ON linked_citizen (into_citizen);

-- Whose voices on a proposal were made one: they stay one there, whatever becomes of either.
CREATE TABLE joined_speaker (
    proposal_id text NOT NULL,
    citizen     text COLLATE "C" NOT NULL,
    into_citizen text COLLATE "C" NOT NULL,
    PRIMARY KEY (proposal_id, citizen)
);
