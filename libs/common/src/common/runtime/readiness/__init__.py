"""Whether a process is ready, and what is wrong: its database, its records, its outputs, its clock."""
