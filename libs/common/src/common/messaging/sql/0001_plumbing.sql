-- Where this service stands in each partition: the fence that a consumer which lost its partition cannot pass.
CREATE TABLE position (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (topic, partition)
);

-- Records already handled, by a hash of (source, id): an index of 16 bytes costs half of one of both texts.
-- One consumer a database, so the consumer's name is not part of the key.
CREATE TABLE inbox (
    id bytea PRIMARY KEY,
    seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX inbox_by_age ON inbox USING brin (seen_at);

-- What was decided but not yet acknowledged by Kafka: one row a transaction and slot holds its records in order,
-- since rows are dear and these live for milliseconds. The relay deletes them.
CREATE TABLE outbox (
    id bigserial PRIMARY KEY,
    slot smallint NOT NULL,
    records bytea NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE outbox ALTER COLUMN records SET STORAGE EXTERNAL;

-- The last ce_sequence given for each key of each topic this service writes, by a hash of (topic, key).
CREATE TABLE outbox_sequence (
    place bytea PRIMARY KEY,
    last bigint NOT NULL
) WITH (fillfactor = 80);

-- The last offset the relay of each slot saw acknowledged: from here a new relay of that slot looks for what the old
-- one had sent. One for all slots would be moved on by another replica's relay past what this one has not noted yet.
CREATE TABLE relay_position (
    slot smallint NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    last_offset bigint NOT NULL,
    PRIMARY KEY (slot, topic, partition)
);

CREATE TABLE release (
    arrival bigserial PRIMARY KEY,
    layer text NOT NULL,
    number integer NOT NULL,
    body text NOT NULL,
    UNIQUE (layer, number)
);

-- Records that could not be handled, with their bytes, until an operator replays or skips them.
CREATE TABLE dead_letter (
    id text PRIMARY KEY,
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    key text NOT NULL,
    headers text NOT NULL,
    body bytea NOT NULL,
    reason text NOT NULL,
    parks_key boolean NOT NULL,
    settled text
);
CREATE INDEX dead_letter_open ON dead_letter (topic, key) WHERE settled IS NULL AND parks_key;

-- Later records of a key whose head is a dead letter, in order.
CREATE TABLE parked (
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    key text NOT NULL,
    headers text NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (topic, partition, "offset")
);
CREATE INDEX parked_by_key ON parked (topic, key);
