-- Early warnings that stand, or stood until lately. since: raised; until: over.
CREATE TABLE early_warning (
    warning_id text PRIMARY KEY,
    region text NOT NULL,
    category text NOT NULL,
    lat double precision NOT NULL,
    lon double precision NOT NULL,
    radius_m double precision NOT NULL,
    whole_region boolean NOT NULL,
    parent_case text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz
);
-- By which early warning the suggestion was made.
ALTER TABLE known_case ADD COLUMN warning text;
