"""Users, rights, topics, databases and keys of an installation, on any Kafka and PostgreSQL."""
