-- Who is signed in. `id` is the SHA-256 of the cookie, so that whoever reads the table cannot act as anybody.
CREATE TABLE session (
    id bytea PRIMARY KEY,
    person text NOT NULL,
    -- What forms of this session carry, made by chance: it tells nothing about the cookie.
    form_check text NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now()
);

-- Links that were used, by the SHA-256 of their nonce: each signs in once.
CREATE TABLE used_link (
    id bytea PRIMARY KEY,
    used_at timestamptz NOT NULL DEFAULT now()
);
