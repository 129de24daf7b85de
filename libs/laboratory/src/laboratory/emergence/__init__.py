"""What the loop emergence makes of bursts of reports, and of the log's own storms."""
