-- What the plumbing knows from now on; the old table stays for a replica of the version before.
INSERT INTO heard_tick (since, until) SELECT since, until FROM tick ON CONFLICT DO NOTHING;
