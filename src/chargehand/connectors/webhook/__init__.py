"""Plain webhooks: whatever else posts JSON, understood by what the configuration says of it."""
