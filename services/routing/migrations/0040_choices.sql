-- Categories between which the citizen was asked to choose, a line each.
ALTER TABLE route ADD COLUMN choices text NOT NULL DEFAULT '';
