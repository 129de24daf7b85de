-- Whom a case's history names: an erasure finds the cases by it, and what comes late finds its case's citizens.
CREATE TABLE case_citizen (
    case_id text NOT NULL,
    citizen text NOT NULL,
    PRIMARY KEY (case_id, citizen)
);
CREATE INDEX case_citizen_by_citizen ON case_citizen (citizen);

INSERT INTO case_citizen (case_id, citizen)
SELECT DISTINCT e.case_id, named.citizen FROM case_event AS e
CROSS JOIN LATERAL (
    VALUES (e.data::json ->> 'citizen'), (substring(e.data::json ->> 'actor' FROM '^[0-9a-f]{24}$'))
) AS named(citizen)
WHERE named.citizen <> '';

CREATE INDEX item_by_citizen ON item ((data ->> 'citizen')) WHERE kind IN ('triage', 'idea');
