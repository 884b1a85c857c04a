"""The bot is shown by its name, wherever its account stands alone."""

import pytest

from chargehand.cli.naming import with_names

NAMES = {"chargehand": "The Bot", "712020:chargehand": "The Bot", "chargehand-bot": "hub bot"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@chargehand status", "@The Bot status"),
        ("@{712020:chargehand} status", "@The Bot status"),
        ("@chargehand: @chargehand", "@The Bot: @The Bot"),
        ("@chargehand-bot status", "@hub bot status"),
        ("@chargehands and chargehand", "@chargehands and chargehand"),
    ],
)
def test_only_a_whole_account_is_the_bots(text: str, shown: str) -> None:
    assert with_names(text, NAMES) == shown
