-- Changes of the rows of a table that a person gathers before proposing them, and what is typed about them. `sent` is
-- the proposal that they became.
CREATE TABLE rule_draft (
    person text NOT NULL,
    layer text NOT NULL,
    rule_table text NOT NULL,
    changes text NOT NULL,
    said text NOT NULL,
    sent text,
    kept_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (person, layer, rule_table)
);
