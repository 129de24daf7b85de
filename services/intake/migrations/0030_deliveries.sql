-- Whose notice a receipt is about.
ALTER TABLE notice_delivery ADD COLUMN channel text;
ALTER TABLE notice_delivery ADD COLUMN case_id text;
ALTER TABLE notice_delivery ADD COLUMN noted_at timestamptz NOT NULL DEFAULT now();
