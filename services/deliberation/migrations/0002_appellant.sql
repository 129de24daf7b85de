ALTER TABLE voice ADD COLUMN appellant text;
COMMENT ON COLUMN voice.appellant IS 'Who appealed last against the hiding: may not settle that.';
