-- Messages that the rules took for spam or abuse, until a person has said what they are.
CREATE TABLE marked_message (
    case_id text PRIMARY KEY,
    citizen text NOT NULL,
    kind text NOT NULL,
    closed_at timestamptz
);
CREATE INDEX marked_message_by_citizen ON marked_message (citizen);
CREATE INDEX marked_message_by_time ON marked_message (closed_at) WHERE closed_at IS NOT NULL;
