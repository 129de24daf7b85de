"""Faults that change who a case belongs to, never the rules."""
