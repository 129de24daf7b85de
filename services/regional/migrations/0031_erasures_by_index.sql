-- What an erasure asks for.
CREATE INDEX cases_by_citizen ON cases ((assignment::json ->> 'citizen'));
