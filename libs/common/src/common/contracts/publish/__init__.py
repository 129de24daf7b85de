"""What others may rely on, written from the catalogue: JSON schemas, AsyncAPI, the table of topics, samples."""
