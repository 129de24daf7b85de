-- Whether key, headers and body lie sealed in `body`.
ALTER TABLE dead_letter ADD COLUMN sealed boolean NOT NULL DEFAULT false;
CREATE INDEX dead_letter_sealed ON dead_letter (appended_at) WHERE sealed;
