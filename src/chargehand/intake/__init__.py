"""Proves who sent a request, before anything is believed, parsed or kept."""
