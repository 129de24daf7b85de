-- To which thread a public post or comment belongs, so that a comment on a comment is known as part of it; both are keyed
-- hashes.
CREATE TABLE public_post (
    post text PRIMARY KEY,
    thread text NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX public_post_by_age ON public_post USING brin (seen_at);
-- What an author says in a thread: the name of the conversation (a keyed hash), and the newest post, sealed under the edge's
-- key, which replies are put under. It goes with its citizen.
CREATE TABLE public_talk (
    conversation text PRIMARY KEY,
    fingerprint bytea NOT NULL,
    sealed bytea NOT NULL,
    posted_at timestamptz NOT NULL,
    citizen text
);
CREATE INDEX public_talk_by_fingerprint ON public_talk (fingerprint);
CREATE INDEX public_talk_by_citizen ON public_talk (citizen) WHERE citizen IS NOT NULL;
