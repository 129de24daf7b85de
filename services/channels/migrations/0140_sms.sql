-- Notices that the far side took and of which it will say itself what became: until when that word is awaited, and whether
-- it said that it passed the notice on.
ALTER TABLE notice_delivery ADD COLUMN awaited_until timestamptz;
ALTER TABLE notice_delivery ADD COLUMN passed_on boolean NOT NULL DEFAULT false;
CREATE INDEX notice_delivery_awaited ON notice_delivery (awaited_until) WHERE delivered IS NULL AND awaited_until IS NOT NULL;
-- Who wants no SMS: keyed hashes of numbers. They stay when a citizen is erased, who shall not be sent any either.
CREATE TABLE sms_opt_out (
    whose text PRIMARY KEY,
    since timestamptz NOT NULL DEFAULT now()
);
