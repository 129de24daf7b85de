-- Facts wait for their tick in the plumbing's tick_buffer.
INSERT INTO tick_buffer (key, topic, place, at, id, source, type, subject, correlation_id, body)
SELECT '', split_part(id, ' ', 2), 0, at, split_part(id, ' ', 1), '', '', '', '', convert_to(body, 'UTF8') FROM fact
ON CONFLICT DO NOTHING;
DROP TABLE fact;
