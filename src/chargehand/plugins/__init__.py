"""The whole public surface for connectors: what they receive, offer and may raise."""
