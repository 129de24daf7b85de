-- A conversation that was begun on the channel's topic leaves no row: intake refuses who posts in it.
DELETE FROM edge_claim WHERE opening IS NULL;
ALTER TABLE edge_claim ALTER COLUMN opening SET NOT NULL;
