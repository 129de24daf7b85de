"""How the pages of reports and of their citizens look and read."""
