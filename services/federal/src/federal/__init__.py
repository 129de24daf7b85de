"""Escalations, directives, supervision."""
