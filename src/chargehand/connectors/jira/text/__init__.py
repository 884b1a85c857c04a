"""Jira's two notations, wiki markup and ADF, read into the lines of the domain."""
