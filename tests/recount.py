"""What the statistics have to say: every row counted anew, whatever was kept about it."""

from sqlalchemy import text

from chargehand.kit.clock import EPOCH
from chargehand.storage.database import Database

_COUNTED = {
    "deliveries": ("deliveries", "source"),
    "events": ("events", "kind"),
    "asks": ("asks", "state"),
    "verdicts": ("decisions", "verdict"),
    "reasons": ("decisions", "reason"),
    "actions": ("actions", "state"),
    "action_kinds": ("actions", "kind"),
    "approvals": ("approvals", "state"),
}


def recount(database: Database) -> dict[str, dict[str, int]]:
    """How many rows there are, by what they are counted as and their word."""
    with database.engine.connect() as connection:
        return {
            counted: dict(
                map(
                    tuple,
                    connection.execute(
                        text(f"SELECT {column}, count(*) FROM {table} GROUP BY {column}")
                    ),
                )
            )
            for counted, (table, column) in _COUNTED.items()
        }


def counted(database: Database) -> dict[str, dict[str, int]]:
    """What the statistics say of all time."""
    found = database.read(lambda tx: tx.stats.since(EPOCH)).counts
    return {name: dict(words) for name, words in found.items()}
