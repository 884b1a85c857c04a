"""Who a person is, learned from what stands beside their id."""

import pytest

from chargehand.privacy.errors import PersonUnclear
from chargehand.privacy.person import given_person

USER = {"accountId": "acc-1", "displayName": "Mei  Tanaka", "emailAddress": "mei@example.com"}


@pytest.mark.parametrize(
    ("value", "names", "emails"),
    [
        pytest.param(
            {"comment": {"author": USER}}, {"Mei Tanaka"}, {"mei@example.com"}, id="vendor"
        ),
        pytest.param({"assignee": "acc-1", "assignee_name": "Mei"}, {"Mei"}, set(), id="details"),
        pytest.param(
            {"changelog": [{"from": None, "to": "acc-1", "to_text": "Mei T"}]},
            {"Mei T"},
            set(),
            id="change",
        ),
        pytest.param(
            {"type": "mention", "attrs": {"id": "acc-1", "text": "@Mei Tanaka"}},
            {"Mei Tanaka"},
            set(),
            id="mention",
        ),
        pytest.param(
            {"assignee": "acc-1", "account_id": "acc-2", "email": "other@example.com"},
            set(),
            set(),
            id="beside-others",
        ),
        pytest.param(
            {"author": {"key": "acc-1", "name": "m.tanaka", "displayName": "Mei Tanaka"}},
            {"Mei Tanaka", "m.tanaka"},
            set(),
            id="data-center",
        ),
        pytest.param({"author": {**USER, "accountId": "acc-2"}}, set(), set(), id="somebody-else"),
    ],
)
def test_names_and_addresses_are_learned_beside_the_id(value, names, emails) -> None:
    person = given_person("acc-1").with_learned(value)

    assert (person.names, person.emails) == (names, emails)
    assert person.ids == {"acc-1"}


def test_an_address_leads_to_the_account() -> None:
    person = given_person("mei@example.com").with_learned({"author": USER})

    assert "acc-1" in person.ids
    assert person.names == {"Mei Tanaka"}


@pytest.mark.parametrize("text", ["", "  ", "ab", "x" * 201, "mei\x1b[2J"])
def test_what_tells_nobody_apart_is_refused(text: str) -> None:
    with pytest.raises(PersonUnclear, match="visible characters"):
        given_person(text)
    with pytest.raises(PersonUnclear, match="--also"):
        given_person("acc-1", [text])
