ALTER TABLE journal ADD COLUMN arms text;
COMMENT ON COLUMN journal.arms IS 'Which rules of trials decided: proposal:arm, separated by spaces; NULL where no trial concerned it.';
