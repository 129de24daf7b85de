-- Whose case goes on under another's number: they are told what becomes of that one.
CREATE TABLE joined_case (
    case_id text PRIMARY KEY,
    into_case text NOT NULL
);
CREATE INDEX joined_case_by_target ON joined_case (into_case);
