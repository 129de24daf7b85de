-- Who may say more of a report: whoever has the api_key it was sent with, by a keyed hash; and who is meant to have said
-- it, sealed under the edges' key.
ALTER TABLE service_request ADD COLUMN sender_key text, ADD COLUMN contact bytea;

-- Steps of one moment are told in the order in which they were read.
ALTER TABLE case_history ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY;
