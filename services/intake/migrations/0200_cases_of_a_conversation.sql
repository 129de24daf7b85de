-- A conversation is about one case after another: a row for each.
ALTER TABLE conversation DROP CONSTRAINT conversation_pkey;
ALTER TABLE conversation ADD PRIMARY KEY (case_id);
DROP INDEX conversation_by_case;
CREATE INDEX conversation_by_thread ON conversation (thread);

-- How cases stand by what others said of them last; a case without a row is new.
CREATE TABLE case_standing (
    case_id text PRIMARY KEY,
    standing text NOT NULL,
    region text,
    since timestamptz NOT NULL
);
