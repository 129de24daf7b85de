-- Proposals and ideas are counted as they change, like triage and dead letters.
INSERT INTO item_count (kind, state, items)
SELECT kind, state, count(*) FROM item WHERE kind IN ('proposal', 'idea') GROUP BY kind, state;
