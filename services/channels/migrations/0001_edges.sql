-- Who began a conversation: the fingerprint of its secret, and the id of the post that began it over HTTP, by which that
-- post is known when it is sent again. No post where it was begun on the channel's topic: nobody holds a secret of it.
CREATE TABLE edge_claim (
    fingerprint bytea PRIMARY KEY,
    opening text,
    claimed_at timestamptz NOT NULL DEFAULT now()
);

-- What an idempotency key was first sent with, so that the same key with another body is told apart from a repeat.
CREATE TABLE idempotency (
    key bytea PRIMARY KEY,
    body bytea NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idempotency_by_age ON idempotency USING brin (seen_at);

-- Messages that came over HTTP: whose secret may ask for each (nobody's for a form), what became of it (NULL: still on
-- its way) and of which case it is; until that is known, of the one that it opens where it is the first of its
-- conversation.
CREATE TABLE posted_message (
    id text PRIMARY KEY,
    fingerprint bytea,
    case_id text,
    state text,
    reason text
);

-- How cases of those messages stand, and those they go on under once they were joined; state NULL: nothing is known of
-- such a case yet.
CREATE TABLE case_state (
    case_id text PRIMARY KEY,
    reference text NOT NULL,
    begun_at timestamptz,
    state text,
    region text,
    changed_at timestamptz,
    into_case text
);
CREATE INDEX case_state_by_reference ON case_state (reference);
