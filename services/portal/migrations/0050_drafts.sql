-- What a person typed into a form, by the order's id or a random name: shown again when the order was refused, or when
-- the session had ended before it was sent.
CREATE TABLE draft (
    id text PRIMARY KEY,
    person text NOT NULL,
    fields text NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now()
);
