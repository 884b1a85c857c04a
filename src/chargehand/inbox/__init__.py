"""Deliveries on their way in: a bounded queue, one writer, and an answer only after the commit."""
