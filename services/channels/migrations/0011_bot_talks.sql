-- What a messenger's bot knows of each talk, so that it asks for what is missing and asks it once. No words and no name:
-- `whose` is a keyed hash of channel and chat.
CREATE TABLE bot_talk (
    whose text PRIMARY KEY,
    words boolean NOT NULL,
    place boolean NOT NULL,
    asked_words boolean NOT NULL,
    asked_place boolean NOT NULL,
    -- The proposal that the citizen is against, whose reason is awaited.
    objects_to text,
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX bot_talk_by_age ON bot_talk USING brin (changed_at);
