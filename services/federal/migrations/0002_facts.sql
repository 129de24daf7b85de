-- What the centre heard and has not applied yet: it waits for the tick, so that topics without a common order get one.
CREATE TABLE fact (
    topic          text NOT NULL,
    case_id        text NOT NULL,
    place          bigint NOT NULL,
    at             timestamptz NOT NULL,
    type           text NOT NULL,
    body           bytea NOT NULL,
    id             text NOT NULL,
    source         text NOT NULL,
    correlation_id text NOT NULL,
    release        text,
    traceparent    text,
    PRIMARY KEY (case_id, topic, place)
);

COMMENT ON COLUMN fact.place IS 'Where it stands on its topic among those of the same case';
