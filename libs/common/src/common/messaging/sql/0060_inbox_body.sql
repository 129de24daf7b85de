-- By what a repeat with another body is told from a plain one; only where senders outside are told of it.
ALTER TABLE inbox ADD COLUMN body bytea;
