-- Loops keep the cases that they follow as lists of their fields, and what changes with every case apart from what
-- changes once a day. The mirror's weeks are kept by kind of case: it begins the running week anew.
UPDATE loop_state SET body = jsonb_build_object('case', jsonb_build_array(
    body::jsonb -> 'case_id', body::jsonb -> 'region', body::jsonb -> 'area', body::jsonb -> 'category',
    body::jsonb -> 'channel', body::jsonb -> 'first', body::jsonb -> 'holder', body::jsonb -> 'opened',
    body::jsonb -> 'deadline', body::jsonb -> 'rows',
    CASE WHEN jsonb_typeof(body::jsonb -> 'place') = 'array' THEN (body::jsonb -> 'place') - 0 END,
    body::jsonb -> 'due', body::jsonb -> 'transfers', body::jsonb -> 'left', body::jsonb -> 'worked',
    body::jsonb -> 'ended', body::jsonb -> 'done', body::jsonb -> 'answered', body::jsonb -> 'missed',
    body::jsonb -> 'reopened', body::jsonb -> 'repeated', body::jsonb -> 'poor'
))::text
WHERE loop IN ('introspection', 'equity', 'diffusion') AND key LIKE 'case|%' AND body::jsonb ? 'case_id';
DELETE FROM loop_state WHERE loop = 'introspection' AND key LIKE 'entity|%' AND body::jsonb ? 'dimension';
UPDATE loop_state SET body = jsonb_build_object('case', jsonb_build_array(
    body::jsonb #> '{case,0}', body::jsonb #> '{case,1}', (body::jsonb #>> '{case,2}')::date - date '0001-01-01' + 1
))::text
WHERE loop = 'prediction' AND key LIKE 'case|%' AND jsonb_typeof(body::jsonb #> '{case,2}') = 'string';
INSERT INTO loop_state (loop, key, body)
SELECT loop, 'today|' || substr(key, 6), jsonb_build_object(
    'counts', jsonb_build_array(body::jsonb -> 'came', body::jsonb -> 'left'), 'terms', body::jsonb -> 'terms'
)::text
FROM loop_state WHERE loop = 'prediction' AND key LIKE 'desk|%' AND body::jsonb ? 'terms'
ON CONFLICT DO NOTHING;

-- The same in what was kept before a long tick.
UPDATE loop_state_before SET body = jsonb_build_object('case', jsonb_build_array(
    body::jsonb -> 'case_id', body::jsonb -> 'region', body::jsonb -> 'area', body::jsonb -> 'category',
    body::jsonb -> 'channel', body::jsonb -> 'first', body::jsonb -> 'holder', body::jsonb -> 'opened',
    body::jsonb -> 'deadline', body::jsonb -> 'rows',
    CASE WHEN jsonb_typeof(body::jsonb -> 'place') = 'array' THEN (body::jsonb -> 'place') - 0 END,
    body::jsonb -> 'due', body::jsonb -> 'transfers', body::jsonb -> 'left', body::jsonb -> 'worked',
    body::jsonb -> 'ended', body::jsonb -> 'done', body::jsonb -> 'answered', body::jsonb -> 'missed',
    body::jsonb -> 'reopened', body::jsonb -> 'repeated', body::jsonb -> 'poor'
))::text
WHERE loop IN ('introspection', 'equity', 'diffusion') AND key LIKE 'case|%' AND body::jsonb ? 'case_id';
DELETE FROM loop_state_before WHERE loop = 'introspection' AND key LIKE 'entity|%' AND body::jsonb ? 'dimension';
UPDATE loop_state_before SET body = jsonb_build_object('case', jsonb_build_array(
    body::jsonb #> '{case,0}', body::jsonb #> '{case,1}', (body::jsonb #>> '{case,2}')::date - date '0001-01-01' + 1
))::text
WHERE loop = 'prediction' AND key LIKE 'case|%' AND jsonb_typeof(body::jsonb #> '{case,2}') = 'string';
INSERT INTO loop_state_before (until, loop, key, body)
SELECT until, loop, 'today|' || substr(key, 6), jsonb_build_object(
    'counts', jsonb_build_array(body::jsonb -> 'came', body::jsonb -> 'left'), 'terms', body::jsonb -> 'terms'
)::text
FROM loop_state_before WHERE loop = 'prediction' AND key LIKE 'desk|%' AND body::jsonb ? 'terms'
ON CONFLICT DO NOTHING;
