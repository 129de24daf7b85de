-- Everything personal of a citizen lies under a key of their own, itself sealed by the vault. Without the row nobody can
-- open what it sealed. `key_id` of older rows elsewhere names a key of the vault.
CREATE TABLE citizen_key (
    key_id text PRIMARY KEY,
    citizen text NOT NULL,
    in_use boolean NOT NULL DEFAULT true,
    sealed bytea NOT NULL
);
COMMENT ON COLUMN citizen_key.in_use IS 'Whether new records are sealed under it; others still open what they sealed.';
CREATE UNIQUE INDEX citizen_key_in_use ON citizen_key (citizen) WHERE in_use;
CREATE INDEX citizen_key_by_citizen ON citizen_key (citizen);

-- NULL: sealed by the vault itself.
ALTER TABLE given_voice ADD COLUMN key_id text;
ALTER TABLE notice_delivery ADD COLUMN key_id text;
