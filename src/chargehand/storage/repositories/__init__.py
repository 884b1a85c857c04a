"""One file per table: what can be asked of it, and what can be written."""
