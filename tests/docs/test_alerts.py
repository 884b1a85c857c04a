"""The alert rules that are shipped name what exists, and each has its page."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.pages import DOCS, ROOT
from tools.reference.metrics import metric_names, metrics_page

RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
RUNBOOKS = DOCS / "howto" / "alerts"
INDEX = DOCS / "howto" / "watch-with-prometheus.md"
# What Prometheus itself tells of everything it reads.
OF_PROMETHEUS = {"up"}
_NAME = re.compile(r"\b(?:chargehand_\w+|up)\b")


def alerts() -> list[dict[str, Any]]:
    document = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


ALERTS = pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])


@ALERTS
def test_alert_goes_by_metrics_that_exist(alert: dict[str, Any]) -> None:
    without_labels = re.sub(r"\{[^}]*\}|by \([^)]*\)|\[[^]]*\]", "", alert["expr"])

    named = set(_NAME.findall(without_labels))

    assert named
    assert named <= metric_names() | OF_PROMETHEUS


@ALERTS
def test_alert_has_a_page_that_says_what_to_do(alert: dict[str, Any]) -> None:
    page = RUNBOOKS / f"{alert['alert']}.md"
    text = page.read_text(encoding="utf-8")

    parts = re.findall(r"^## (.+)\n\n\S", text, flags=re.MULTILINE)

    assert alert["annotations"]["runbook"] == page.relative_to(ROOT).as_posix()
    assert text.startswith(f"# {alert['alert']}\n\n")
    assert parts == ["How to see it", "What to do", "See also"]
    assert f"(alerts/{page.name})" in INDEX.read_text(encoding="utf-8")


@ALERTS
def test_alert_says_how_much_it_matters_in_one_sentence(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in ("critical", "warning", "info")
    assert re.fullmatch(r"[A-Z].+\.", alert["annotations"]["summary"])


def test_no_page_is_without_its_alert() -> None:
    names = {alert["alert"] for alert in alerts()}

    assert {page.stem for page in RUNBOOKS.glob("*.md")} == names
    assert len(names) == len(alerts())


def test_promtool_finds_nothing_wrong_with_the_rules() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("this machine has no promtool (Debian: prometheus); the YAML alone was read")

    checked = subprocess.run(
        [promtool, "check", "rules", str(RULES)], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(alerts())} rules found" in checked.stdout


@pytest.mark.parametrize("name", sorted(metric_names()))
def test_metrics_page_has_every_metric(name: str) -> None:
    family = re.sub(r"_(bucket|count|sum)$", "", name)

    assert re.search(rf"^\| `{name}` \||^\| `{family}` \| histogram", metrics_page(), re.MULTILINE)


def test_rules_are_part_of_the_package() -> None:
    shared = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

    assert '"deploy" = "share/chargehand/deploy"' in shared
    assert Path(RULES).is_file()
