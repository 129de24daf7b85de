"""A real Kafka and a real PostgreSQL on a bare machine."""
