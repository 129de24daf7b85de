-- Notices that this service delivers, each until it reached the citizen or was given up; then without words and address,
-- so that a later correction finds what became of it.
CREATE TABLE notice_delivery (
    notice_id text PRIMARY KEY,
    channel text NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY,
    -- A keyed hash of the address: notices of one citizen go out in order. Empty once the notice is settled.
    recipient bytea NOT NULL,
    -- The notice, sealed under the edge's key; NULL once it is settled.
    sealed bytea,
    taken_at timestamptz NOT NULL DEFAULT now(),
    -- Of the next try; while one is under way, when another process may take over.
    next_at timestamptz NOT NULL DEFAULT now(),
    tries integer NOT NULL DEFAULT 0,
    -- NULL: not settled.
    delivered boolean,
    reason text,
    settled_at timestamptz,
    -- Whether the receipt is still to be published.
    receipt_due boolean NOT NULL DEFAULT false
);
CREATE INDEX notice_delivery_due ON notice_delivery (channel, next_at) WHERE delivered IS NULL;
CREATE INDEX notice_delivery_by_recipient ON notice_delivery (channel, recipient, number) WHERE delivered IS NULL;
CREATE INDEX notice_delivery_receipts ON notice_delivery (number) WHERE receipt_due;
CREATE INDEX notice_delivery_by_age ON notice_delivery USING brin (settled_at);
