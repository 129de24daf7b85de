"""Records in and out, exactly once: Kafka, PostgreSQL, and the measures of both."""
