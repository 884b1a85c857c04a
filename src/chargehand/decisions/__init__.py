"""Judging an event and answering an ask: pure rules over values, no input, no output, no clock."""
