CREATE TABLE layer_release (
    layer text NOT NULL,
    number integer NOT NULL,
    body jsonb NOT NULL,
    PRIMARY KEY (layer, number)
);
CREATE TABLE proposal (
    proposal_id text PRIMARY KEY,
    state text NOT NULL,
    author text NOT NULL,
    patch jsonb NOT NULL
);
CREATE TABLE chain_head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    number bigint NOT NULL,
    hash text NOT NULL,
    tick_since timestamptz,
    tick_until timestamptz
);
INSERT INTO chain_head (number, hash) VALUES (0, '');
