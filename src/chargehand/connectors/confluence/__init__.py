"""Confluence: pages and their comments, read, answered and written."""
