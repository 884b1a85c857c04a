"""The REST API below `/v1`: looking back, deciding approvals and asks, changing modes."""
