"""The read side: citizen, operator, supervisor and public pages."""
