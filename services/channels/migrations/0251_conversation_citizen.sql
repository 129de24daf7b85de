-- Whose conversations over HTTP they are, by the fingerprint of the secret: the one table by which all that is kept of a
-- conversation goes with its citizen. `spoken_at`: when they last spoke in it.
CREATE TABLE conversation_citizen (
    fingerprint bytea PRIMARY KEY,
    citizen text NOT NULL,
    spoken_at timestamptz NOT NULL
);
CREATE INDEX conversation_citizen_by_citizen ON conversation_citizen (citizen);

INSERT INTO conversation_citizen (fingerprint, citizen, spoken_at)
SELECT fingerprint, citizen, begun_at FROM citizen_page WHERE citizen IS NOT NULL
UNION ALL SELECT fingerprint, citizen, begun_at FROM hotline_conversation WHERE citizen IS NOT NULL
UNION ALL SELECT conversation, citizen, begun_at FROM mail_thread WHERE citizen IS NOT NULL
UNION ALL SELECT fingerprint, citizen, posted_at FROM public_talk WHERE citizen IS NOT NULL
ON CONFLICT DO NOTHING;

ALTER TABLE citizen_page DROP COLUMN citizen;
ALTER TABLE hotline_conversation DROP COLUMN citizen;
ALTER TABLE mail_thread DROP COLUMN citizen;
ALTER TABLE public_talk DROP COLUMN citizen;

-- Notices that wait: in which conversation they are told, and when they were issued (NULL: taken before that was known).
ALTER TABLE notice_delivery ADD COLUMN conversation bytea;
ALTER TABLE notice_delivery ADD COLUMN issued_at timestamptz;
CREATE INDEX notice_delivery_by_conversation ON notice_delivery (conversation) WHERE delivered IS NULL;
