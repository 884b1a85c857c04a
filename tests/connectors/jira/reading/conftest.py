"""Says how many contract checks ran, so that a missing contracts folder is never silent."""

import pytest

FOLDER = "tests/connectors/jira/reading/"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts = {
        outcome: sum(
            1
            for report in terminalreporter.stats.get(outcome, ())
            if report.nodeid.startswith(FOLDER) and "contract" in report.keywords
        )
        for outcome in ("passed", "failed", "error", "skipped")
    }
    run = counts["passed"] + counts["failed"] + counts["error"]
    terminalreporter.write_line(
        f"contract checks of the Jira reading half: {run} run, {counts['skipped']} skipped"
    )
