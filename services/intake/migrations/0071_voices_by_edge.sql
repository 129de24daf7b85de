-- Whether a voice came over HTTP, where its sender may ask what became of it.
ALTER TABLE given_voice ADD COLUMN by_edge boolean NOT NULL DEFAULT false;
