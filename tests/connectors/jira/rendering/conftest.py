import json
import os
from pathlib import Path

import jsonschema_rs
import pytest

_REPOSITORY = Path(__file__).resolve().parents[4]
_HERE = "tests/connectors/jira/rendering/"


def _contracts_folder():
    default = _REPOSITORY.parent / "shared" / "contracts"
    return Path(os.environ.get("CHARGEHAND_CONTRACTS", default))


@pytest.fixture(scope="session")
def adf_schema():
    """Atlassian's own check of an ADF document; skips where the contracts folder is missing."""
    path = _contracts_folder() / "jira" / "adf-full.schema.json"
    if not path.is_file():
        pytest.skip(f"no ADF schema at {path}; set CHARGEHAND_CONTRACTS")
    return jsonschema_rs.Draft4Validator(json.loads(path.read_text(encoding="utf-8")))


def pytest_terminal_summary(terminalreporter):
    counts = {
        outcome: sum(
            report.nodeid.startswith(_HERE) and "contract" in report.keywords
            for report in terminalreporter.stats.get(outcome, [])
            if hasattr(report, "keywords")
        )
        for outcome in ("passed", "failed", "skipped")
    }
    if any(counts.values()):
        ran = counts["passed"] + counts["failed"]
        terminalreporter.write_line(f"ADF schema checks: {ran} ran, {counts['skipped']} skipped")
