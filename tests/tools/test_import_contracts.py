"""The import contracts of pyproject.toml, tried on a small house of the same shape."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]
# Every room that has to exist for the contracts to be read, and what each may import.
HOUSE = {
    "cli/app.py": "import httpx\nfrom chargehand.bootstrap import worker\n",
    "web/sign_in/provider.py": "import httpx\n",
    "web/front.py": "from chargehand.bootstrap import stores\n",
    "bootstrap/worker.py": "from chargehand.engine.dbos_engine import engine\n",
    "bootstrap/error_reports.py": "import sentry_sdk\n",
    "bootstrap/stores.py": "from chargehand.storage import database\n",
    "pipeline/flow.py": "import chargehand.storage.database\nimport chargehand.engine.port\n",
    "agents/deciding.py": "import pydantic_ai\nfrom chargehand.plugins import connector\n",
    "connectors/jira/transport.py": "import httpx\nfrom chargehand.kit import clock\n",
    "connectors/jira/webhook.py": "from chargehand.plugins import connector\n",
    "connectors/slack/webhook.py": "from chargehand.plugins import connector\n",
    "secrets/vault.py": "import chargehand.plugins.connector\n",
    "secrets/aws.py": "import boto3, botocore, cryptography\n",
    "storage/database.py": "import alembic, psycopg, sqlalchemy, sqlite3, chargehand.inbox.ports\n",
    "testing/jira.py": "import httpx\n",
    "testing/github/app_key.py": "import cryptography\n",
    "testing/oidc.py": "import cryptography\n",
    "approvals/gate.py": "from chargehand.domain import action\n",
    "attention/notifying.py": "from chargehand.domain import action\n",
    "audit/chain.py": "from chargehand.kit import clock\n",
    "budgets/prices.py": "import genai_prices\nfrom chargehand.plugins import connector\n",
    "commands/question.py": "from chargehand.domain import action\n",
    "config/settings.py": "from chargehand.kit import clock\n",
    "decisions/answer.py": "from chargehand.plugins import connector\n",
    "engine/port.py": "from chargehand.domain import action\n",
    "engine/dbos_engine/engine.py": "import dbos, sqlalchemy\nfrom chargehand.engine import port\n",
    "flags/registry.py": "from chargehand.kit import clock\n",
    "inbox/ports.py": "from chargehand.logs import log\n",
    "intake/receive.py": "from chargehand.plugins import connector\n",
    "policy/modes.py": "from chargehand.domain import action\n",
    "members/roster.py": "from chargehand.domain import action\n",
    "privacy/person.py": "from chargehand.domain import action\n",
    "plugins/connector.py": "from chargehand.domain import action\n",
    "plugins/guarded_http.py": "import httpx\n",
    "plugins/vendor_line.py": "import httpx\n",
    "plugins/vendor_http.py": "import httpx\nfrom chargehand.kit import clock\n",
    "domain/action.py": "from chargehand.kit import clock\n",
    "logs/log.py": "from chargehand.kit import clock\n",
    "kit/clock.py": "",
    "kit/ed25519.py": "import cryptography\n",
}


def build(folder: Path, additions: dict[str, str]) -> None:
    for path, code in HOUSE.items():
        file = folder / "chargehand" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code)
    for path, code in additions.items():
        file = folder / "chargehand" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a") as opened:
            opened.write(code)
    packages = {file.parent for file in (folder / "chargehand").rglob("*.py")}
    for package in packages | {folder / "chargehand", folder / "chargehand" / "connectors"}:
        (package / "__init__.py").touch()


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        str(Path(sys.executable).parent / "lint-imports"),
        "--no-cache", "--no-logo", "--config", str(ROOT / "pyproject.toml"),
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_house_of_the_right_shape_keeps_every_contract(tmp_path: Path) -> None:
    build(tmp_path, {})

    result = check(tmp_path)

    assert result.returncode == 0, result.stdout
    assert " 0 broken" in result.stdout


CRACKS = {
    "room-without-a-floor": ("Rooms are stacked", "utilities/text.py", ""),
    "import-upwards": ("Rooms are stacked", "domain/action.py", "import chargehand.policy.modes\n"),
    "neighbouring-stages": (
        "Rooms are stacked",
        "inbox/ports.py",
        "import chargehand.intake.receive\n",
    ),
    "encryption-elsewhere": (
        "One room reads from AWS and encrypts",
        "storage/database.py",
        "import cryptography\n",
    ),
    "storage-beside-connectors": (
        "Rooms are stacked",
        "storage/database.py",
        "import chargehand.connectors.jira.webhook\n",
    ),
    "connector-reads-settings": (
        "Built-in plugins",
        "connectors/jira/webhook.py",
        "import chargehand.config.settings\n",
    ),
    "connector-knows-another": (
        "Connectors do not know each other",
        "connectors/jira/webhook.py",
        "import chargehand.connectors.slack.webhook\n",
    ),
    "parser-calls-out": (
        "Proving, parsing and deciding",
        "connectors/jira/parse.py",
        "import httpx\n",
    ),
    "decision-starts-a-process": (
        "Proving, parsing and deciding",
        "decisions/answer.py",
        "import subprocess\n",
    ),
    "intake-calls-out-by-a-detour": (
        "Proving, parsing and deciding",
        "plugins/connector.py",
        "import sqlite3\n",
    ),
    "web-reads-storage": (
        "Storage is used",
        "web/front.py",
        "import chargehand.storage.database\n",
    ),
    "pipeline-picks-the-engine": (
        "Only bootstrap picks the durable engine",
        "pipeline/flow.py",
        "import chargehand.engine.dbos_engine.engine\n",
    ),
    "web-starts-tasks": (
        "Entry points start no task",
        "web/front.py",
        "import chargehand.engine.port\n",
    ),
    "shipped-code-uses-a-double": (
        "Shipped code never imports",
        "bootstrap/stores.py",
        "import chargehand.testing.jira\n",
    ),
    "second-place-for-the-engine-library": (
        "One place knows the engine's library",
        "pipeline/flow.py",
        "import dbos\n",
    ),
    "sql-in-the-pipeline": ("One room speaks SQL", "pipeline/flow.py", "import sqlalchemy\n"),
    "client-beside-its-transport": (
        "A connector's transport",
        "connectors/jira/client.py",
        "import httpx\n",
    ),
    "budget-asks-the-network": (
        "Proving, parsing and deciding",
        "budgets/caps.py",
        "import httpx\n",
    ),
    "second-place-for-prices": ("Only agents know", "budgets/caps.py", "import genai_prices\n"),
    "model-in-a-decision": ("Only agents know", "decisions/answer.py", "import anthropic\n"),
}


@pytest.mark.parametrize(
    ("contract", "path", "code"), [pytest.param(*crack, id=name) for name, crack in CRACKS.items()]
)
def test_crack_is_found_by_its_contract(
    tmp_path: Path, contract: str, path: str, code: str
) -> None:
    build(tmp_path, {path: code})

    result = check(tmp_path)

    assert result.returncode == 1
    broken = [line for line in result.stdout.splitlines() if " BROKEN" in line]
    assert any(line.startswith(contract) for line in broken), result.stdout
