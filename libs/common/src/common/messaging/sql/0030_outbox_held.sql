-- Records that were decided and whose topic does not take them now (it is missing, may not be written, refuses the record):
-- they wait here in order, so that what is for other topics does not wait behind them.
CREATE TABLE outbox_held (
    id bigserial PRIMARY KEY,
    slot smallint NOT NULL,
    topic text NOT NULL,
    key text NOT NULL,
    records bytea NOT NULL,
    held_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_held_by_topic ON outbox_held (topic, slot, id);
