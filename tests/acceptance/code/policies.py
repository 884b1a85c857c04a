"""Policies with conditions on what a pull request changes."""

from chargehand.domain.ids import ProjectKey
from chargehand.pipeline.policies import apply_policy
from tests.house import House

PAY_ONLY = frozenset({ProjectKey("PAY")})
DOCS_ALONE = b"""
format = 2

[[rules]]
name = "small docs"
mode = "auto"

[rules.when]
kind = ["github.approve", "bitbucket.approve"]
all_paths = "docs/**"
diff_lines_at_most = 50

[[rules]]
name = "approvals"
mode = "approve"
when = { kind = "*.approve" }

[[rules]]
name = "words"
mode = "auto"
when = { trust = ["team", "unknown"] }
"""

ALL = b"""
format = 2

[[rules]]
name = "all"
mode = "auto"
when = { trust = "team" }
"""
MIGRATIONS = b"""
format = 2

[[rules]]
name = "sql"
mode = "approve"
when = { any_path = "migrations/**" }

[[rules]]
name = "all"
mode = "auto"
when = { trust = "team" }
"""


def follow(house: House, policy: bytes) -> None:
    """From now on the bot is under this policy."""
    house.clock.advance(1)
    now, database = house.clock.now(), house.stores.database
    current = database.read(lambda tx: tx.policies.current())
    based_on = current.version if current is not None else 0
    database.write(
        lambda tx: apply_policy(
            tx, policy, based_on=based_on, served=PAY_ONLY, by="cli:op", now=now
        )
    )
