"""Runs the migrations of `main` on the connection it is handed."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="chargehand_main_version",
    transaction_per_migration=False,
)
context.run_migrations()
