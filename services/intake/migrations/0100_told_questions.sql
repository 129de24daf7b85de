-- Which question a notice put, by the question's own time.
CREATE TABLE told_question (
    notice_id text PRIMARY KEY,
    asked_at  timestamptz NOT NULL
);
