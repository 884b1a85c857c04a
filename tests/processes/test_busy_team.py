"""A team's busy day in small, over five connectors: told by webhook and poll, twice, out of order.

The worker and the front are killed once each; every question is answered once.
"""

import json
import sys
from pathlib import Path

import pytest

from chargehand.testing.families import run_family

pytestmark = pytest.mark.process
ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_S = 600
_ROOMS = {"bitbucket", "confluence", "github", "jira", "slack"}


def test_every_question_of_a_team_is_answered_once_wherever_it_was_asked() -> None:
    command = [sys.executable, "benchmarks/busy_team.py", "--events", "160", "--asks", "25"]
    # Who was killed while it sent something is looked after once that time is over.
    told = run_family(
        [*command, "--request-timeout", "PT2S", "--poll-every", "PT3S"],
        cwd=ROOT,
        timeout_s=_PATIENCE_S,
    )

    assert told.returncode == 0, told.stdout + told.stderr
    day = json.loads(told.stdout.splitlines()[-1])
    assert (day["lost"], day["twice"], day["unasked"]) == (0, 0, 0)
    answered = sum(day["answered"].values())
    assert answered + day["taken_back"] + day["untold"] == day["asks"] == 25
    assert set(day["answered"]) == _ROOMS
    assert day["polled_first"] > 0
    assert day["duplicates"] > 4
    assert told.stderr.count("killed the") == 2
