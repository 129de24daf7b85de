-- What was said while the clock was wrong and has been taken back stays in the history, and counts no more.
ALTER TABLE case_event ADD COLUMN taken_back_at timestamptz;
