-- Conversations in which a citizen speaks of proposed changes of rules and none was begun about a case.
CREATE TABLE voice_conversation (
    thread bytea PRIMARY KEY,
    channel text NOT NULL,
    opening text NOT NULL,
    conversation bytea NOT NULL,
    citizen text NOT NULL,
    contact bytea NOT NULL,
    language text NOT NULL,
    key_id text NOT NULL,
    by_edge boolean NOT NULL,
    spoken_at timestamptz NOT NULL
);
CREATE INDEX voice_conversation_by_citizen ON voice_conversation (citizen);

-- Where each voice came from, so that it is answered there; the sender's own id of it lies sealed.
CREATE TABLE given_voice (
    voice_id text PRIMARY KEY,
    thread bytea NOT NULL,
    outside_id bytea
);

-- What each conversation was told of proposals last. `about` stands for the conversation in ids of notices.
CREATE TABLE told_proposal (
    thread bytea PRIMARY KEY,
    about text NOT NULL UNIQUE,
    proposal_id text,
    reference text
);

-- Deliberations that were opened: until when a reply counts as a voice.
CREATE TABLE opened_proposal (
    proposal_id text PRIMARY KEY,
    reference text NOT NULL UNIQUE,
    until timestamptz NOT NULL
);

-- The citizen's last word, after the one that began the conversation.
ALTER TABLE conversation ADD COLUMN spoken_at timestamptz;
CREATE INDEX conversation_by_citizen ON conversation (citizen);
