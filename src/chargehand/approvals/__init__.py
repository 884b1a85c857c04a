"""The gate: the only maker of an approved action."""
