-- The last tick is kept by the plumbing, as heard_tick.
DROP TABLE last_tick;
