-- How many items of the kinds that grow without end are in each state, for pages that say so.
CREATE TABLE item_count (
    kind text NOT NULL,
    state text NOT NULL,
    items bigint NOT NULL,
    PRIMARY KEY (kind, state)
) WITH (fillfactor = 50);
INSERT INTO item_count (kind, state, items)
SELECT kind, state, count(*) FROM item WHERE kind IN ('triage', 'dead_letter') GROUP BY kind, state;

CREATE INDEX case_view_overdue ON case_view (received_at DESC, case_id DESC) WHERE overdue;
-- Thanks have no deadline. The state itself must not be indexed: it changes with each step, the deadline seldom.
CREATE INDEX case_view_thanked ON case_view (authority) WHERE due_at IS NULL;
