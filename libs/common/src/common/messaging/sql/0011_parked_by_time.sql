-- A topic made anew has its offsets again, while records of the one before may still be parked.
ALTER TABLE parked DROP CONSTRAINT parked_pkey, ADD PRIMARY KEY (topic, partition, "offset", appended_at);
