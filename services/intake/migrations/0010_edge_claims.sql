-- Who began a conversation over HTTP: the fingerprint of its secret, and the id of the message that began it, by which
-- the same post is known when it is sent again.
CREATE TABLE edge_claim (
    fingerprint bytea PRIMARY KEY,
    opening text NOT NULL,
    claimed_at timestamptz NOT NULL DEFAULT now()
);

-- Whether the edge's sender began it; whoever came by the channel's topic did not, and holds no secret.
ALTER TABLE conversation ADD COLUMN by_edge boolean NOT NULL DEFAULT false;

-- Of a message that came over HTTP: whose secret may ask what became of it.
ALTER TABLE message ADD COLUMN fingerprint bytea;
