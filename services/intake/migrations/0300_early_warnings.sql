-- Early warnings that stand. told: notices about it so far.
CREATE TABLE early_warning (
    warning_id text PRIMARY KEY,
    region text NOT NULL,
    authority text NOT NULL,
    category text NOT NULL,
    whole_region boolean NOT NULL,
    reports integer NOT NULL,
    told integer NOT NULL,
    since timestamptz NOT NULL
);
-- Of which case's citizen was told of which.
CREATE TABLE told_warning (
    warning_id text NOT NULL REFERENCES early_warning ON DELETE CASCADE,
    case_id text NOT NULL,
    PRIMARY KEY (warning_id, case_id)
);
CREATE INDEX told_warning_by_case ON told_warning (case_id);
