"""One process of a service: settings, start and end, HTTP, health."""
