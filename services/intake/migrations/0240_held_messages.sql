-- Messages that wait until their citizen says which case they are about, sealed.
CREATE TABLE held_message (
    message_id text PRIMARY KEY,
    arrival bigint GENERATED ALWAYS AS IDENTITY,
    thread bytea NOT NULL,
    citizen text NOT NULL,
    case_ids text[] NOT NULL,
    until timestamptz NOT NULL,
    record bytea NOT NULL,
    key_id text NOT NULL
);
CREATE INDEX held_message_by_thread ON held_message (thread);
CREATE INDEX held_message_by_citizen ON held_message (citizen);
CREATE INDEX held_message_by_end ON held_message (until);
