"""`.env` is edited name by name, and every other line stays."""

import pytest

from chargehand.config.errors import ConfigNotEditable
from chargehand.config.names_file import read_names, rename, set_names

WRITTEN = "# mine\nexport A=1 # one\nB='two words'\n\nC=${B}\n"


@pytest.mark.parametrize(
    "value", ["plain-1", "with blank", "it's", 'a "b" #c', "back\\slash", "a,b", "=x="]
)
def test_value_is_read_as_it_was_set(value: str) -> None:
    changed = set_names(WRITTEN, {"NEW": value, "B": None, "C": None})

    assert read_names(changed) == {"A": "1", "NEW": value}


def test_line_of_a_name_keeps_its_place_and_a_comment_goes_with_its_names() -> None:
    changed = set_names(WRITTEN, {"A": "9", "D": "4"}, under="Ours.")
    back = set_names(changed, {"D": None}, under="Ours.")

    assert changed == "# mine\nA=9\nB='two words'\n\nC=${B}\n# Ours.\nD=4\n"
    assert back == changed.removesuffix("# Ours.\nD=4\n")


def test_name_is_called_otherwise_in_its_own_line() -> None:
    assert rename("A=1 # A\nB=2\n", {"A": "Z"}) == "Z=1 # A\nB=2\n"


@pytest.mark.parametrize("name", ["NEW", "B"], ids=["filled-in", "others-refer-to-it"])
def test_value_that_would_be_read_otherwise_is_refused(name: str) -> None:
    with pytest.raises(ConfigNotEditable):
        set_names(WRITTEN, {name: "${A}x"})
