-- How much was said in a conversation on one day, where the rulebook limits it; gone once that day is over.
CREATE TABLE said_today (
    thread bytea NOT NULL,
    day date NOT NULL,
    citizen text NOT NULL,
    said integer NOT NULL,
    beyond integer NOT NULL,
    told boolean NOT NULL,
    PRIMARY KEY (thread, day)
);
CREATE INDEX said_today_by_day ON said_today (day);
CREATE INDEX said_today_by_citizen ON said_today (citizen);
