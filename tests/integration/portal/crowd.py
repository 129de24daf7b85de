"""A portal's database as it is after half a year of a large city: 60,000 cases, 400,000 events."""

from __future__ import annotations

import asyncpg

CASES, EVENTS = 60_000, 400_000

FILL = """
SELECT setseed(0.5);
INSERT INTO case_view (case_id, reference, region, area, category, authority, first_authority, state, priority, channel,
                       received_at, due_at, overdue, level, transfers, reopened, rating, changed_at)
SELECT 'case-' || n, 'R-' || lpad(upper(to_hex(n)), 6, '0'), (ARRAY['north', 'south'])[1 + n % 2],
       (ARRAY['01', '02', '03', '04', '05', '06', '07', '08'])[1 + n % 8], 'category-' || n % 90,
       'authority-' || n % 37, 'authority-' || (n + (n % 11 = 0)::int) % 37,
       CASE WHEN n % 500 = 0 THEN 'triage' WHEN n % 9 = 0 THEN 'accepted' WHEN n % 4 = 0 THEN 'confirmed'
            ELSE 'answered' END,
       1 + n % 4, 'web', timestamptz '2011-07-01' + n * interval '4 minutes 25 seconds',
       timestamptz '2011-07-08' + n * interval '4 minutes 25 seconds', n % 13 = 0, (n % 100 = 0)::int,
       (n % 11 = 0)::int, (n % 50 = 0)::int, CASE WHEN n % 7 = 0 THEN 1 + n % 5 END, now()
FROM generate_series(1, %(cases)s) AS n;
INSERT INTO case_event (case_id, id, source, type, time, causation_id, correlation_id, topic, partition, "offset",
                        appended_at, data)
SELECT 'case-' || 1 + n % %(cases)s, 'event-' || n, 'regional-north', 'region.case.accepted.v1',
       timestamptz '2011-07-01' + n * interval '40 seconds', 'cause-' || n, 'correlation', 'region.north.cases', 0, n,
       now(), '{"case_id": "x", "region": "north", "authority": "yard-01", "actor": "system", "state": "accepted"}'
FROM generate_series(1, %(events)s) AS n;
INSERT INTO area_tally
SELECT region, area, count(*), count(*) FILTER (WHERE state IN ('triage', 'accepted')),
       count(*) FILTER (WHERE state IN ('answered', 'confirmed')), count(*) FILTER (WHERE overdue),
       count(*) FILTER (WHERE transfers > 0), count(*) FILTER (WHERE reopened > 0), count(*) FILTER (WHERE level > 0),
       count(*) FILTER (WHERE state = 'triage'), count(rating), coalesce(sum(rating), 0)
FROM case_view GROUP BY 1, 2;
INSERT INTO day_count (type, day, region, count)
SELECT type, date '2011-07-01' + day, region, 300 + (day * 7) % 90
FROM generate_series(0, 183) AS day, unnest(ARRAY['north', 'south']) AS region,
     unnest(ARRAY['region.case.opened.v1', 'region.case.answered.v1', 'region.case.transferred.v1',
                  'region.case.overdue.v1', 'region.case.accepted.v1', 'region.case.confirmed.v1']) AS type;
INSERT INTO item
SELECT 'triage', 'case-' || n, CASE WHEN n % 20 = 0 THEN 'waiting' ELSE 'answered' END,
       timestamptz '2011-07-01' + n * interval '1 hour',
       jsonb_build_object('case_id', 'case-' || n, 'reference', 'R-' || n, 'reason', 'no_place', 'channel', 'web',
                          'text', 'Somewhere', 'received_at', '2011-07-01T12:00:00Z', 'missing', '[]'::jsonb)
FROM generate_series(1, 4000) AS n;
INSERT INTO clock (until) VALUES ('2011-12-31');
ANALYZE;
"""


async def fill(db: asyncpg.Connection, cases: int = CASES, events: int = EVENTS) -> None:
    """Fill the empty views; some seconds."""
    await db.execute(FILL.replace("%(cases)s", str(cases)).replace("%(events)s", str(events)))
