-- Records that a service keeps until the tick that ends after them, so that topics without a common order get one.
CREATE TABLE tick_buffer (
    key            text NOT NULL,
    topic          text NOT NULL,
    place          bigint NOT NULL,
    at             timestamptz NOT NULL,
    id             text NOT NULL,
    source         text NOT NULL,
    type           text NOT NULL,
    subject        text NOT NULL,
    correlation_id text NOT NULL,
    release        text,
    traceparent    text,
    principal      text,
    body           bytea NOT NULL,
    PRIMARY KEY (key, topic, id, source)
);

COMMENT ON COLUMN tick_buffer.key IS 'What the record is about: a case, a proposal';
COMMENT ON COLUMN tick_buffer.place IS 'Where it stands on its topic among those of the same key';
