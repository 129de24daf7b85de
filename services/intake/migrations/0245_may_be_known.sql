-- Whose citizens were asked whether their case is about the same thing as another, until somebody has said so.
CREATE TABLE may_be_known (
    case_id    text PRIMARY KEY,
    other_case text NOT NULL,
    asked_at   timestamptz NOT NULL
);
