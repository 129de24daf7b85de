-- The trace in which a sampled case began, or a sampled notice was issued, by the id of the case or notice: later steps
-- link back to it. Only sampled ones have a row.
CREATE TABLE case_trace (
    about text PRIMARY KEY,
    traceparent text NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX case_trace_by_age ON case_trace USING brin (kept_at);
