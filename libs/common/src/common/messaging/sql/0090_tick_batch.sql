-- Records that a service keeps until the tick that ends after them: a row holds those of one batch, packed by the
-- service, since nobody looks single ones up on the way there and a row a record is dear.
CREATE TABLE tick_batch (
    number   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    earliest timestamptz NOT NULL,
    latest   timestamptz NOT NULL,
    records  bytea NOT NULL
);
ALTER TABLE tick_batch ALTER COLUMN records SET STORAGE EXTERNAL;

COMMENT ON COLUMN tick_batch.earliest IS 'The least time among its records';
COMMENT ON TABLE tick_buffer IS
    'A row a record, as older versions kept them: what is still here goes to tick_batch before the buffer is read';
