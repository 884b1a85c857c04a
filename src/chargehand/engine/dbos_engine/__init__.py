"""DBOS Transact behind the engine's port; the only place that imports `dbos`."""
