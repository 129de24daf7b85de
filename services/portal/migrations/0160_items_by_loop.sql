-- Findings and proposals of one loop, newest first.
CREATE INDEX item_by_loop ON item (kind, (data ->> 'loop'), time DESC) WHERE kind IN ('finding', 'proposal');
