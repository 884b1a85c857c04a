"""Backups: one file that holds everything of one moment, and the way back from it."""
