"""The composition root: settings in, running processes out; the only room that names adapters.

Importing this package imports nothing else, because the supervisor has to stay small.
"""
