"""A rule that could not work is refused at load, with the field and what is allowed."""

from pathlib import Path
from typing import Any

import pytest

from chargehand.config.errors import ConfigInvalid
from chargehand.config.load import load_settings

JIRA = """
[[connections]]
site = "https://acme.atlassian.net"
email = "bot@acme.example"
api_token = "a-token"
projects = ["PAY"]

[[connections]]
id = "slack"
connector = "slack"
bot_token = "xoxb-1"
team_id = "T0123"
channels = { C1 = ["PAY"] }
"""
PLAIN = """
[[connections]]
id = "alerts"
connector = "webhook"
proof = "token"
webhook_secrets = ["a-token-that-nobody-guesses"]
"""
RULE = "\n[[connections.events]]\nkind = 'work_item.created'\n"


def read(folder: Path, text: str) -> Any:
    path = folder / "chargehand.toml"
    path.write_text(JIRA + PLAIN + text)
    return load_settings(path, {}).connections[-1]


def test_a_whole_sender_is_read(tmp_path: Path) -> None:
    text = "projects = ['PAY']\nannounce_in = 'slack/C1'\n" + RULE + "announce = true\n"

    found = read(tmp_path, text + "when = [{ at = '$.a[0].b', one_of = ['x', 2] }]\n")

    assert found.events[0].when[0].one_of == ("x", 2)
    assert found.is_proof_set


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("projects = ['OPS']", "alerts.projects: no tracker serves OPS; served: PAY"),
        ("projects = []", "connections.2.projects"),
        ("projects = ['PAY']\nproof_header = 'a b'", "connections.2.proof_header"),
        ("projects = ['PAY']\nsigned = 'x'", "signed must hold {body} once"),
        (
            "projects = ['PAY']\nsigned = '{timestamp}{body}'",
            "timestamp_header and {timestamp} in signed belong together",
        ),
        ("projects = ['PAY']\ndelivery_key = 'event.id'", "connections.2.delivery_key"),
        ("projects = ['PAY']\ndelivery_key = 'header.authorization'", "holds a proof"),
        ("projects = ['PAY']\nannounce_in = 'slack/C2'", "such are: slack/C1"),
        ("projects = ['PAY']\npath_token = '0123456789012345678901234567'", "belong together"),
        ("projects = ['PAY']" + RULE + "text = '{$.a'", "events.0.text: has a { without its }"),
        ("projects = ['PAY']" + RULE + "text = '{$.a..b}'", "events.0.text: must be like $.data"),
        ("projects = ['PAY']" + RULE + "project = 'OPS'", "events.0.project: must be one of"),
        ("projects = ['PAY']" + RULE + "announce = true", "events.0.announce: needs announce_in"),
        ("projects = ['PAY']" + RULE + "data = { comment_id = 'x' }", "choose another name"),
        (
            "projects = ['PAY']" + RULE + "when = [{ at = '$.a', lke = 'x' }]",
            "events.0.when.0.lke: unknown key. Did you mean like?",
        ),
        (
            "projects = ['PAY']" + RULE + "when = [{ at = '$.a', like = 'x', exists = true }]",
            "needs exactly one of equals, one_of, like, exists",
        ),
        (
            "projects = ['PAY']\n[[connections.events]]\nkind = 'command.invoked'",
            "events.0.kind: must be one of comment.created",
        ),
    ],
)
def test_what_could_not_work_names_the_field(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        read(tmp_path, text + "\n")

    assert told in str(refused.value)
    assert "a-token-that-nobody-guesses" not in str(refused.value)
