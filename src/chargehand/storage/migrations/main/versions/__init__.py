"""Migrations of `main`."""
