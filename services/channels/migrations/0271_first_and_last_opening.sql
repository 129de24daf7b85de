-- A row a file and person, however often they open it: when first and last, and how often.
CREATE TABLE opening AS
SELECT attachment_id, person, min(opened_at) AS opened_at, max(opened_at) AS last_at, count(*)::integer AS times
FROM attachment_opening GROUP BY attachment_id, person;
DROP TABLE attachment_opening;
ALTER TABLE opening RENAME TO attachment_opening;
ALTER TABLE attachment_opening
    ADD PRIMARY KEY (attachment_id, person),
    ADD FOREIGN KEY (attachment_id) REFERENCES attachment ON DELETE CASCADE,
    ALTER COLUMN opened_at SET NOT NULL,
    ALTER COLUMN opened_at SET DEFAULT now(),
    ALTER COLUMN last_at SET NOT NULL,
    ALTER COLUMN last_at SET DEFAULT now(),
    ALTER COLUMN times SET NOT NULL,
    ALTER COLUMN times SET DEFAULT 1;
