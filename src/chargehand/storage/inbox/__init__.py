"""The inbox's own tables: raw deliveries, from their commit to their dispatch and retention."""
