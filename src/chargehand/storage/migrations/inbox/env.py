"""Runs the migrations of the inbox on the connection it is handed."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="chargehand_inbox_version",
    transaction_per_migration=False,
)
context.run_migrations()
