import pytest

from chargehand.domain.action import ActionKind
from chargehand.plugins.manifest import ManifestInvalid, load_manifest, read_manifest

GOOD = """
name = "jira"
title = "Jira Cloud"
body_limit_bytes = 1
poll_interval_s = 2
action_kinds = ["jira.add_comment"]
"""


def test_manifest_names_every_jira_action_and_the_agreed_limits() -> None:
    manifest = load_manifest("chargehand.connectors.jira")

    assert (manifest.name, manifest.title) == ("jira", "Jira")
    assert manifest.body_limit_bytes == 5 * 1024 * 1024
    assert manifest.poll_interval_s == 60
    assert manifest.action_kinds == tuple(
        kind for kind in ActionKind if kind.value.startswith("jira.")
    )


@pytest.mark.parametrize(
    ("source", "named"),
    [
        pytest.param(GOOD + 'colour = "red"', "colour", id="unknown-field"),
        pytest.param(GOOD.replace("poll_interval_s = 2", ""), "poll_interval_s", id="missing"),
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
