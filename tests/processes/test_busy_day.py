"""A busy day of Slack in small: told twice, out of order, two kill -9; all answered once."""

import json
import sys
from pathlib import Path

import pytest

from chargehand.testing.families import run_family

pytestmark = pytest.mark.process
ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_S = 300


def test_every_question_of_a_busy_day_is_answered_once() -> None:
    command = [sys.executable, "benchmarks/busy_day.py", "--messages", "300", "--asks", "36"]
    # Who was killed while it sent something is looked after once that time is over.
    told = run_family([*command, "--request-timeout", "PT2S"], cwd=ROOT, timeout_s=_PATIENCE_S)

    assert told.returncode == 0, told.stdout + told.stderr
    day = json.loads(told.stdout.splitlines()[-1])
    assert (day["lost"], day["twice"], day["unasked"]) == (0, 0, 0)
    assert day["answered"] + day["taken_back"] + day["untold"] == day["asks"] == 36
    assert day["answered"] > 18
    assert day["duplicates"] > 10
    assert told.stderr.count("killed the") == 2
