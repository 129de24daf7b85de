-- Where else citizens may be told what their channel could not deliver, as they gave it in a conversation: sealed under
-- their key. `recipient` is a keyed hash of the address.
CREATE TABLE other_contact (
    thread bytea NOT NULL,
    rank smallint NOT NULL,
    citizen text NOT NULL,
    channel text NOT NULL,
    recipient text NOT NULL,
    address bytea NOT NULL,
    key_id text NOT NULL,
    PRIMARY KEY (thread, rank)
);
CREATE INDEX other_contact_by_citizen ON other_contact (citizen);

-- Notices of citizens who can be told elsewhere, until they are delivered; `words` sealed under the citizen's key, NULL
-- once they were said again. `tried`: on which channels it failed before.
CREATE TABLE notice_copy (
    notice_id text PRIMARY KEY,
    case_id text NOT NULL,
    citizen text NOT NULL,
    channel text NOT NULL,
    kind text NOT NULL,
    tried text[] NOT NULL,
    words bytea,
    key_id text NOT NULL,
    until timestamptz NOT NULL
);
CREATE INDEX notice_copy_by_citizen ON notice_copy (citizen);
CREATE INDEX notice_copy_by_end ON notice_copy (until);

-- How often addresses that somebody gave were written to. It stays when that citizen is erased: whoever has the address
-- shall not be written to more often for that.
CREATE TABLE unasked_notice (
    notice_id text PRIMARY KEY,
    recipient text NOT NULL,
    said_at timestamptz NOT NULL
);
CREATE INDEX unasked_notice_by_recipient ON unasked_notice (recipient, said_at);

-- In which other conversations of their citizen cases were told of: an answer there is about them too.
CREATE TABLE told_elsewhere (
    thread bytea NOT NULL,
    case_id text NOT NULL,
    PRIMARY KEY (thread, case_id)
);
CREATE INDEX told_elsewhere_by_case ON told_elsewhere (case_id);
