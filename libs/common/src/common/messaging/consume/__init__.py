"""From a partition to a handler: reading, checking, fencing, dead letters."""
