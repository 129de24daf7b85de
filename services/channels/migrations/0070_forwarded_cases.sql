-- Cases of authorities that have an Open311 endpoint of their own: words, already redacted, until they are sent.
CREATE TABLE forwarded_case (
    case_id text PRIMARY KEY,
    region text NOT NULL,
    authority text NOT NULL,
    reference text NOT NULL,
    category text NOT NULL,
    description text NOT NULL,
    address text,
    lat double precision,
    lon double precision,
    citizen text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    -- The endpoint's number, or what it gave instead of one.
    request_id text,
    token text,
    -- Whether the authority said something of it, and whether it has nothing more to say.
    begun boolean NOT NULL DEFAULT false,
    ended boolean NOT NULL DEFAULT false,
    tries integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX forwarded_case_due ON forwarded_case (authority, next_at) WHERE NOT ended;
CREATE INDEX forwarded_case_by_citizen ON forwarded_case (citizen);
