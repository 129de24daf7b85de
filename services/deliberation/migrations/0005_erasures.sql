ALTER TABLE speaker ADD COLUMN erased boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN speaker.erased IS 'An erased citizen: person is the published name, and nobody is told anything.';
ALTER TABLE judgement ADD COLUMN erased boolean NOT NULL DEFAULT false;

CREATE TABLE erased_citizen (
    citizen   text COLLATE "C" PRIMARY KEY,
    erased_at timestamptz NOT NULL
);
COMMENT ON TABLE erased_citizen IS 'Whose words up to then are kept nowhere here, whenever they are read.';
