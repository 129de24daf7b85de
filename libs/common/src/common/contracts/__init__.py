"""What may be said: events, topics, envelopes, signatures and rights, without any I/O."""
