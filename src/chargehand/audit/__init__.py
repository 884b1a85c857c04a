"""Append-only, hash-chained account of decisions, approvals, effects and policy."""
