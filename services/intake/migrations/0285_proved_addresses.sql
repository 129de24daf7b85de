-- An address that was given in a conversation is used once a code that was sent there was written in that conversation;
-- those from before were never proved, and are not used until they are given again. `case_id`: with which case it was given.
ALTER TABLE other_contact ADD COLUMN proved_at timestamptz;
ALTER TABLE other_contact ADD COLUMN case_id text;

-- In one conversation a code may be awaited that links two channels (`proves` is empty), and one of each address.
ALTER TABLE awaited_code ADD COLUMN proves text NOT NULL DEFAULT '';
ALTER TABLE awaited_code DROP CONSTRAINT awaited_code_pkey;
ALTER TABLE awaited_code ADD PRIMARY KEY (thread, proves);
