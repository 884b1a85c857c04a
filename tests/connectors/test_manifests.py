import pkgutil

import pytest

from chargehand import connectors
from chargehand.domain.action import ActionKind
from chargehand.plugins.manifest import ManifestInvalid, load_manifest, read_manifest

GOOD = """
name = "jira"
title = "Jira Cloud"
body_limit_bytes = 1
action_kinds = ["jira.add_comment"]
"""


CONNECTORS = sorted(one.name for one in pkgutil.iter_modules(connectors.__path__))


@pytest.mark.parametrize("name", CONNECTORS)
def test_manifest_names_every_action_of_its_connector(name: str) -> None:
    manifest = load_manifest(f"chargehand.connectors.{name}")

    assert manifest.name == name
    assert set(manifest.action_kinds) == {one for one in ActionKind if one.connector == name}


def test_manifest_of_jira_takes_what_jira_sends() -> None:
    manifest = load_manifest("chargehand.connectors.jira")

    assert (manifest.title, manifest.body_limit_bytes) == ("Jira", 5 * 1024 * 1024)


@pytest.mark.parametrize(
    ("source", "named"),
    [
        pytest.param(GOOD + 'colour = "red"', "colour", id="unknown-field"),
        pytest.param(GOOD.replace("body_limit_bytes = 1", ""), "body_limit_bytes", id="missing"),
        pytest.param(GOOD.replace("= 1", '= "1"'), "body_limit_bytes", id="mistyped"),
        pytest.param(
            GOOD.replace("jira.add_comment", "jira.fly"), "action_kinds", id="unknown-kind"
        ),
        pytest.param("name = \n", "line 1", id="not-toml"),
    ],
)
def test_damaged_manifest_names_the_field(source: str, named: str) -> None:
    with pytest.raises(ManifestInvalid) as caught:
        read_manifest(source, connector="jira")

    assert named in str(caught.value)
