-- Files that citizens sent. The key of each lies here and the sealed bytes in object storage: who loses the key has lost
-- the file. Neither message nor case: nobody has named the file yet. No key: it was erased, and its bytes are to go.
CREATE TABLE attachment (
    id text PRIMARY KEY,
    channel text NOT NULL,
    media_type text NOT NULL,
    size integer NOT NULL,
    thumbnail boolean NOT NULL,
    key bytea,
    source bytea NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now(),
    message_id text,
    case_id text,
    citizen text,
    given_at timestamptz
);
CREATE INDEX attachment_unnamed ON attachment (source) WHERE message_id IS NULL;
CREATE INDEX attachment_by_citizen ON attachment (citizen) WHERE citizen IS NOT NULL;
CREATE INDEX attachment_by_message ON attachment (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX attachment_erased ON attachment (id) WHERE key IS NULL;

-- Who opened which file, and when: for its citizen.
CREATE TABLE attachment_opening (
    attachment_id text NOT NULL REFERENCES attachment ON DELETE CASCADE,
    person text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX attachment_opening_by_file ON attachment_opening (attachment_id);

-- Whose files are forgotten; word of them may still come.
CREATE TABLE erased_citizen (
    citizen text PRIMARY KEY,
    erased_at timestamptz NOT NULL
);
