"""Structured logs: a constant event and fields, to standard error."""
