-- What an erasure and a link ask for, so that neither reads a whole table.
CREATE INDEX message_by_citizen ON message (citizen);
CREATE INDEX message_by_case ON message (case_id);
CREATE INDEX notice_delivery_by_case ON notice_delivery (case_id);
CREATE INDEX given_voice_by_thread ON given_voice (thread);
CREATE INDEX notice_copy_by_case ON notice_copy (case_id);
CREATE INDEX awaited_code_by_citizen ON awaited_code (citizen);
