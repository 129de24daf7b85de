-- Who wants no mails that they did not ask for: keyed hashes of addresses. They stay when a citizen is erased.
CREATE TABLE mail_opt_out (
    whose text PRIMARY KEY,
    since timestamptz NOT NULL DEFAULT now()
);
