"""The text of a configuration is edited without touching what somebody wrote beside it."""

import tomllib
from datetime import date

import pytest

from chargehand.config.blocks import add_connection, remove_connection, set_expiry, set_value
from chargehand.config.errors import ConfigNotEditable

WRITTEN = '''\
# the team's own words
title = """
[[connections]]
no table at all"""  # a text

[storage]
data_dir = "data"   # here

# about Jira
[[connections]]
id = "jira"
projects = [
  "PAY", # first
  "OPS",
]

[connections.more]
a = 1

# about the rest
[log]
level = "info"
'''
NEW = ('id = "slack"', 'channels = { C1 = ["PAY"] }')


def test_what_was_added_is_taken_out_to_the_last_byte() -> None:
    added = add_connection(WRITTEN, "slack", NEW)

    assert added.startswith(WRITTEN)
    assert tomllib.loads(added)["connections"][1]["channels"] == {"C1": ["PAY"]}
    assert remove_connection(added, 1) == WRITTEN


def test_connection_in_the_middle_goes_with_its_tables_and_nothing_else() -> None:
    left = remove_connection(add_connection(WRITTEN, "slack", NEW), 0)

    assert [one["id"] for one in tomllib.loads(left)["connections"]] == ["slack"]
    assert "# about Jira" in left
    assert '# about the rest\n[log]\nlevel = "info"' in left
    assert "[connections.more]" not in left


@pytest.mark.parametrize(
    "text",
    [
        'connections = [{ id = "jira" }]\n',
        '[[connections]]\nid = "jira"\n\n[log]\nlevel = "info"\n\n[connections.more]\na = 1\n',
    ],
    ids=["inline", "scattered"],
)
def test_text_that_can_not_be_changed_by_itself_is_refused(text: str) -> None:
    with pytest.raises(ConfigNotEditable):
        remove_connection(text, 0)
    with pytest.raises(ConfigNotEditable):
        set_value(text, 0, "site", "https://a.example")


def test_value_of_several_lines_is_replaced_in_its_place() -> None:
    changed = set_value(WRITTEN, 0, "projects", ("NEW",))

    assert '[[connections]]\nid = "jira"\nprojects = ["NEW"]\n\n[connections.more]' in changed


def test_day_is_set_changed_and_taken_out() -> None:
    token = "connections.jira.api_token"

    set_once = set_expiry(WRITTEN, token, date(2027, 1, 2))
    two = set_expiry(set_once, "vault.token", date(2027, 5, 6))
    changed = set_expiry(two, token, date(2027, 3, 4))
    gone = set_expiry(changed, token, None)

    assert tomllib.loads(changed)["secrets"]["expires_on"] == {
        token: date(2027, 3, 4),
        "vault.token": date(2027, 5, 6),
    }
    assert tomllib.loads(gone)["secrets"]["expires_on"] == {"vault.token": date(2027, 5, 6)}
    assert set_expiry(gone, token, None) == gone
    assert gone.startswith(WRITTEN)
