-- Which notices told a citizen that the case is late, so that a wrong one can be corrected.
CREATE TABLE told_escalation (
    case_id text NOT NULL,
    level integer NOT NULL,
    notice_id text NOT NULL,
    told_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (case_id, notice_id)
);
