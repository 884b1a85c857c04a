"""The command line: one file per command group, the same nouns as the REST API."""
