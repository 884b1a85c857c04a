"""The systemd unit is one that systemd takes, and leaves the service little of the machine."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

UNIT = ROOT / "deploy" / "systemd" / "chargehand.service"
PROGRAM = "/opt/chargehand/.venv/bin/chargehand"
MOST_EXPOSED = 2.0


@pytest.fixture
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("this machine has no systemd-analyze, so the unit was not checked by systemd")
    return found


def test_systemd_takes_the_unit(analyze: str, tmp_path: Path) -> None:
    # It looks whether the program is there.
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace(PROGRAM, shutil.which("true") or "/bin/true"))

    verified = subprocess.run(
        [analyze, "verify", str(unit)], capture_output=True, text=True, check=False
    )

    assert (verified.returncode, verified.stderr) == (0, "")


def test_systemd_finds_the_service_little_exposed(analyze: str) -> None:
    rated = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", str(UNIT)],
        capture_output=True,
        text=True,
        check=False,
    )
    if "unrecognized option" in rated.stderr:
        pytest.skip("this systemd can not rate a unit that is not installed")

    exposure = re.search(r"exposure level for \S+: ([\d.]+)", rated.stdout)

    assert exposure is not None, rated.stdout + rated.stderr
    assert float(exposure[1]) <= MOST_EXPOSED


def test_supervisor_has_longer_than_it_gives_its_children() -> None:
    text = UNIT.read_text()
    supervisor = (ROOT / "src" / "chargehand" / "bootstrap" / "supervisor.py").read_text()

    stop_s = re.search(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
    grace_s = re.search(r"^_GRACE_S: Final = ([\d.]+)$", supervisor, re.MULTILINE)

    assert stop_s is not None
    assert grace_s is not None
    assert float(stop_s[1]) > float(grace_s[1])
    assert "ExecReload=/bin/kill -HUP $MAINPID" in text
