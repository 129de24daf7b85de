-- Loop deadline compares how long cases take, where it counted missed deadlines: what it knew of these is of no use.
UPDATE loop_state
SET body = (body::jsonb || '{"drift": {"times": [], "usual": null, "mixture": [0, 0], "last": [], "alarm": null}}')::text
WHERE loop = 'deadline' AND key LIKE 'row|%';
UPDATE loop_state SET body = (body::jsonb - 'misses')::text WHERE loop = 'deadline' AND key LIKE 'made|%';
DELETE FROM loop_state WHERE loop = 'deadline' AND key = 'pool';

-- The same in what was kept before a long tick.
UPDATE loop_state_before
SET body = (body::jsonb || '{"drift": {"times": [], "usual": null, "mixture": [0, 0], "last": [], "alarm": null}}')::text
WHERE loop = 'deadline' AND key LIKE 'row|%';
UPDATE loop_state_before SET body = (body::jsonb - 'misses')::text WHERE loop = 'deadline' AND key LIKE 'made|%';
DELETE FROM loop_state_before WHERE loop = 'deadline' AND key = 'pool';
