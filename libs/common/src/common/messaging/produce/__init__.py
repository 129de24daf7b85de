"""From a decision to a topic: outbox and relay."""
