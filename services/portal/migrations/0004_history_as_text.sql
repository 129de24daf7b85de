-- A history shows the bodies of events as their writers published them; nothing asks into them.
ALTER TABLE case_event ALTER COLUMN data TYPE text USING data::text;
