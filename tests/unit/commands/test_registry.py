import pytest

from chargehand.commands.registry import BY_KIND, COMMANDS, command_reference
from chargehand.domain.intent import WRITES, IntentKind
from tests.unit.commands.writing import kinds

EXAMPLES = [(command.kind, example) for command in COMMANDS for example in command.examples]


@pytest.mark.parametrize(("kind", "example"), EXAMPLES, ids=[text for _, text in EXAMPLES])
def test_example_of_a_command_compiles_to_it(kind, example):
    assert kinds(f"@bot {example}") == [kind]


def test_every_wish_has_a_command():
    wordless = {IntentKind.BARE, IntentKind.UNCLEAR}

    assert set(BY_KIND) == set(IntentKind) - wordless
    assert set(BY_KIND) > WRITES


def test_reference_tells_every_command_in_order():
    reference = command_reference()

    assert [entry.name for entry in reference] == [command.name for command in COMMANDS]
    assert all(entry.usage.startswith(entry.name) for entry in reference)
    assert all(entry.does.endswith(".") and entry.examples for entry in reference)
