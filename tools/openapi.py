"""`python -m tools.openapi`: writes the description of the REST API; `--check` only compares."""

import json
import sys
from datetime import UTC, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from chargehand import __version__
from chargehand.budgets.caps import BudgetRules
from chargehand.kit.calendar import WorkingHours
from chargehand.kit.clock import SystemClock
from chargehand.pipeline.caller import CommandDeps
from chargehand.pipeline.connection import PipelineRules
from chargehand.storage.checkpoint import AuditCheckpoint
from chargehand.storage.database import Database
from chargehand.storage.engines import sqlite_url
from chargehand.storage.inbox.reader import InboxReader
from chargehand.web.api.app import APIDeps, build_api

PATH = Path("docs/reference/openapi.json")
# The routes are described without being called, so nothing of this is ever opened.
_UNOPENED = Path("unopened")


def render() -> str:
    """The text the file should hold."""
    database = Database(sqlite_url(_UNOPENED))
    rules = PipelineRules(
        answer_within=timedelta(hours=1), approval_expires_after=timedelta(days=1), team_zone="UTC"
    )
    try:
        api = build_api(
            APIDeps(
                database=database,
                queue=InboxReader(database.engine),
                checkpoint=AuditCheckpoint(_UNOPENED),
                previewers={},
                connectors={},
                served_projects=frozenset(),
                commands=CommandDeps(
                    served=frozenset(),
                    previewers={},
                    rules=rules,
                    hours=WorkingHours(ZoneInfo("UTC")),
                ),
                rules=rules,
                budget_rules=BudgetRules(zone=UTC, organization_day_micro_usd=0),
                clock=SystemClock(),
                version=__version__,
            )
        )
        return json.dumps(api.openapi(), indent=2, ensure_ascii=False) + "\n"
    finally:
        database.close()


def main(arguments: list[str]) -> int:
    """Write the file, or with `--check` tell whether it is fresh; from the repository's top."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m tools.openapi [--check]", file=sys.stderr)
        return 2
    text = render()
    if not arguments:
        PATH.parent.mkdir(parents=True, exist_ok=True)
        PATH.write_text(text, encoding="utf-8")
        print(f"tools.openapi: wrote {PATH}")
        return 0
    if PATH.is_file() and PATH.read_text(encoding="utf-8") == text:
        print(f"tools.openapi: {PATH} is fresh")
        return 0
    print(f"tools.openapi: {PATH} is stale; run python -m tools.openapi", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
