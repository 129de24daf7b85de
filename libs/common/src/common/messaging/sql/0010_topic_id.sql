-- Kafka's id of the topic that next_offset belongs to: a topic made anew under the same name has another.
ALTER TABLE position ADD COLUMN topic_id uuid;
