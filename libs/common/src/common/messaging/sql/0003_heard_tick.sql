-- The latest tick that any replica of this service has read: only one of them reads the clock's partition, and all must
-- judge times alike.
CREATE TABLE heard_tick (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    since timestamptz NOT NULL,
    until timestamptz NOT NULL
);
