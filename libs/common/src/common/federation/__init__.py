"""One country's configuration, read from a folder of data: regions, borders, authorities, calendars."""
