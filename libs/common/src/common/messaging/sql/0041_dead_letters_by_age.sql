-- Letters that may hold personal data go by their age alone, also those kept before letters were sealed.
DROP INDEX dead_letter_sealed;
CREATE INDEX dead_letter_by_age ON dead_letter (appended_at);
