-- What an erasure asks for. Bodies are text: `json` takes them apart without the checks of `jsonb`.
CREATE INDEX route_by_citizen ON route ((message::json ->> 'citizen')) WHERE message IS NOT NULL;
CREATE INDEX held_by_citizen ON held ((body::json ->> 'citizen'));
