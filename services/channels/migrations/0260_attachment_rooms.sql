-- Files that no message names yet count in a room by how they came, and for their source, until a message that names them
-- is under way or they go. No room: it counts no more.
ALTER TABLE attachment ADD COLUMN room text;
ALTER TABLE attachment ADD COLUMN under_way boolean NOT NULL DEFAULT false;
ALTER TABLE attachment ADD COLUMN unnamed_until timestamptz NOT NULL DEFAULT now() + interval '7 days';
CREATE INDEX attachment_to_expire ON attachment (unnamed_until) WHERE message_id IS NULL AND key IS NOT NULL;
CREATE INDEX attachment_in_room ON attachment (room, kept_at) WHERE room IS NOT NULL;
CREATE INDEX attachment_to_settle ON attachment (id) WHERE room IS NOT NULL AND (under_way OR key IS NULL);
DROP INDEX attachment_unnamed;

-- What counts there: of each source, and with an empty source of all. Whoever writes to a room locks that row first.
CREATE TABLE attachment_room (
    room text NOT NULL,
    source bytea NOT NULL,
    bytes bigint NOT NULL,
    files integer NOT NULL,
    PRIMARY KEY (room, source)
);
