"""Turns the words of an ask into intents, by rule: one registry, two forms, the same value."""
