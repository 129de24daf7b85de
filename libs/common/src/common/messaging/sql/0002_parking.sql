-- Keys whose later records wait behind a dead letter. Who parks a record holds the key's row in share, who lets the
-- waiting ones go holds it for himself: so no record is parked behind a head that is just being settled.
CREATE TABLE blocked_key (
    topic text NOT NULL,
    key text NOT NULL,
    PRIMARY KEY (topic, key)
);
INSERT INTO blocked_key SELECT DISTINCT topic, key FROM dead_letter WHERE settled IS NULL AND parks_key;
DROP INDEX dead_letter_open;

-- The broker's time of the record, which stands in where its writer gave none.
ALTER TABLE dead_letter ADD COLUMN appended_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE parked ADD COLUMN appended_at timestamptz NOT NULL DEFAULT now();

CREATE INDEX dead_letter_unsettled ON dead_letter (id) WHERE settled IS NULL;
