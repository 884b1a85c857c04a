"""Writes the parts of docs/reference that the code already says, and checks that they are fresh."""
