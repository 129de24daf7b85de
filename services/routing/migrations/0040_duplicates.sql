-- Placed cases with a point, while others may be duplicates of them.
CREATE TABLE known_case (
    case_id text PRIMARY KEY,
    region text NOT NULL,
    category text NOT NULL,
    citizen text NOT NULL,
    lat double precision NOT NULL,
    lon double precision NOT NULL,
    at timestamptz NOT NULL,
    correlation_id text NOT NULL,
    words bigint[] NOT NULL,
    into_case text,
    suggested text,
    distance_metres integer NOT NULL,
    apart_minutes integer NOT NULL,
    decided boolean NOT NULL
);
CREATE INDEX known_case_by_place ON known_case (region, category, lat);
CREATE INDEX known_case_by_root ON known_case (into_case) WHERE into_case IS NOT NULL;
CREATE INDEX known_case_by_time ON known_case (at);
CREATE INDEX known_case_by_citizen ON known_case (citizen);
