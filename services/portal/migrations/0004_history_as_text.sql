-- The body of an event was checked when it was read from its topic; a history only shows it.
ALTER TABLE case_event ALTER COLUMN data TYPE text USING data::text;
