-- Indexed are only columns of a case that hardly ever change: a change of state, deadline or rating then rewrites no
-- index (a heap-only update), and the free space in each page keeps it so.
DROP INDEX case_view_by_reference;
DROP INDEX case_view_by_change;
DROP INDEX case_view_by_region;
ALTER TABLE case_view SET (fillfactor = 70);
CREATE INDEX case_view_by_reference ON case_view (reference COLLATE "C");
CREATE INDEX case_view_by_receipt ON case_view (received_at DESC, case_id DESC);
CREATE INDEX case_view_by_region ON case_view (region, received_at DESC, case_id DESC);
CREATE INDEX case_view_by_authority ON case_view (authority, received_at DESC, case_id DESC);
CREATE INDEX case_view_by_cell ON case_view (category, area, received_at DESC, case_id DESC);

-- How the cases of an area stand; '' is for cases that no region has yet. Kept up to date with every batch, so that
-- totals, the map and the page of regions never count cases.
CREATE TABLE area_tally (
    region text NOT NULL,
    area text NOT NULL,
    cases bigint NOT NULL,
    open bigint NOT NULL,
    answered bigint NOT NULL,
    overdue bigint NOT NULL,
    transferred bigint NOT NULL,
    reopened bigint NOT NULL,
    escalated bigint NOT NULL,
    triage bigint NOT NULL,
    rated bigint NOT NULL,
    stars bigint NOT NULL,
    PRIMARY KEY (region, area)
) WITH (fillfactor = 50);

INSERT INTO area_tally
SELECT
    coalesce(region, ''), coalesce(area, ''), count(*),
    count(*) FILTER (WHERE state NOT IN ('answered', 'confirmed', 'joined', 'declined', 'withdrawn', 'handed_over')),
    count(*) FILTER (WHERE state IN ('answered', 'confirmed')), count(*) FILTER (WHERE overdue),
    count(*) FILTER (WHERE transfers > 0), count(*) FILTER (WHERE reopened > 0), count(*) FILTER (WHERE level > 0),
    count(*) FILTER (WHERE state = 'triage'), count(rating), coalesce(sum(rating), 0)
FROM case_view GROUP BY 1, 2;

-- The chart asks for a few types over many days.
ALTER TABLE day_count DROP CONSTRAINT day_count_pkey;
ALTER TABLE day_count ADD PRIMARY KEY (type, day, region);

CREATE INDEX item_by_time ON item (kind, time DESC);
ALTER TABLE chain_link ADD COLUMN previous text NOT NULL DEFAULT '';
