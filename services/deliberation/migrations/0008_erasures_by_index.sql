-- What an erasure asks for, so that it reads no whole table. What is still to be told is short, and is read whole.
CREATE INDEX speaker_by_person ON speaker (person);
CREATE INDEX voice_by_person ON voice (person);
CREATE INDEX judgement_by_person_alone ON judgement (person);
CREATE INDEX open_case_by_citizen ON open_case (citizen);
CREATE INDEX deliberation_by_author ON deliberation ((body ->> 'author_citizen'));
