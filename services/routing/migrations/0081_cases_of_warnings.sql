ALTER TABLE early_warning ADD COLUMN cases text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN early_warning.cases IS 'Those that it was raised of, the oldest first: where the parent case has ended, the next one that is open stands for it.';
