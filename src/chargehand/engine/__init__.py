"""Durable tasks, behind a narrow port."""
