-- A page shows the newest voices of a stance that say something; most support in no words at all, and are passed over.
DROP INDEX voice_by_stance;
CREATE INDEX voice_by_stance ON voice (proposal_id, stance, number DESC) WHERE counts AND words <> '';
