"""Every fake that is told to stop ends well, and without a word."""

import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.process
FAKES = (
    "bitbucket",
    "bitbucket_data_center",
    "confluence",
    "discord",
    "github",
    "jira",
    "jira_data_center",
    "models",
    "slack",
)


def test_fakes_end_silently_when_they_are_told_to() -> None:
    running = {
        name: subprocess.Popen(
            [sys.executable, "-m", f"chargehand.testing.{name}", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in FAKES
    }
    for process in running.values():
        assert process.stdout is not None
        assert process.stdout.readline()
        process.send_signal(signal.SIGTERM)
    ended = {
        name: (process.communicate(timeout=60)[1], process.returncode)
        for name, process in running.items()
    }

    assert ended == dict.fromkeys(FAKES, ("", 0))
