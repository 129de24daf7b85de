-- A message is kept while its case waits in triage, as it came: nothing asks into it.
ALTER TABLE route ALTER COLUMN message DROP NOT NULL, ALTER COLUMN message TYPE text;
UPDATE route SET message = NULL WHERE NOT waiting;
ALTER TABLE held ALTER COLUMN body TYPE text;
