"""Traces: what happened to one message over every service. Spans hold nothing that an outsider chose."""
