"""The front: webhooks, health, pages and the REST API."""
