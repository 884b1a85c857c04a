"""Whom the bot may disturb, and when."""
