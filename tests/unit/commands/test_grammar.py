import pytest

from chargehand.domain.ids import WorkItemKey
from chargehand.domain.intent import Intent, IntentForm, IntentKind
from tests.unit.commands.writing import ANA, intents


def command(kind, arguments=None, key=None):
    item = WorkItemKey(key) if key else None
    return Intent(kind, IntentForm.COMMAND, arguments or {}, item)


READS = {
    "help": command(IntentKind.HELP),
    "HELP!": command(IntentKind.HELP),
    "status": command(IntentKind.STATUS),
    "Status, please.": command(IntentKind.STATUS),
    "status PAY-12": command(IntentKind.STATUS, key="PAY-12"),
    "status pay-7": command(IntentKind.STATUS),
    "blockers OPS-3?": command(IntentKind.BLOCKERS, key="OPS-3"),
    "summary": command(IntentKind.SUMMARY),
    "who PAY-12": command(IntentKind.WHO, key="PAY-12"),
    "due": command(IntentKind.DUE),
}

CHANGES = {
    "assign me": command(IntentKind.ASSIGN, {"to": "me"}),
    "assign to me": command(IntentKind.ASSIGN, {"to": "me"}),
    "ASSIGN PAY-12 TO ME": command(IntentKind.ASSIGN, {"to": "me"}, "PAY-12"),
    "assign nobody": command(IntentKind.ASSIGN, {"to": "nobody"}),
    "assign to @Ana": command(IntentKind.ASSIGN, {"to": ANA}),
    "assign @Ana.": command(IntentKind.ASSIGN, {"to": ANA}),
    'assign PAY-12 "Ana Lima"': command(IntentKind.ASSIGN, {"to": "Ana Lima"}, "PAY-12"),
    "assign to “Ana Lima”": command(IntentKind.ASSIGN, {"to": "Ana Lima"}),
    "assign to 'Ana Lima'": command(IntentKind.ASSIGN, {"to": "Ana Lima"}),
    'assign "Ana \\"Al\\" Lima"': command(IntentKind.ASSIGN, {"to": 'Ana "Al" Lima'}),
    "assign to Ana Lima": command(IntentKind.ASSIGN, {"to": "Ana Lima"}),
    "assign Ana\\ Lima": command(IntentKind.ASSIGN, {"to": "Ana Lima"}),
    'transition to "In Review"': command(IntentKind.TRANSITION, {"to": "In Review"}),
    'move PAY-12 "In Review"': command(IntentKind.TRANSITION, {"to": "In Review"}, "PAY-12"),
    "move to In Review": command(IntentKind.TRANSITION, {"to": "In Review"}),
    "move Done": command(IntentKind.TRANSITION, {"to": "Done"}),
    "transition to do": command(IntentKind.TRANSITION, {"to": "To Do"}),
    "label backend": command(IntentKind.LABEL, {"labels": "backend"}),
    'label PAY-12 add a b "c-d"': command(IntentKind.LABEL, {"labels": "a b c-d"}, "PAY-12"),
    "label backend, flaky and slow": command(IntentKind.LABEL, {"labels": "backend flaky slow"}),
    "label Flaky flaky Flaky": command(IntentKind.LABEL, {"labels": "Flaky flaky"}),
}


@pytest.mark.parametrize(("text", "expected"), (READS | CHANGES).items(), ids=READS | CHANGES)
def test_command_compiles_to_its_intent(text, expected):
    assert intents(f"@bot {text}") == (expected,)


@pytest.mark.parametrize(("text", "expected"), (READS | CHANGES).items(), ids=READS | CHANGES)
def test_command_on_the_line_below_the_mention_is_the_same(text, expected):
    assert intents(f"@bot\n{text}") == (expected,)


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("staus", "status"),
        ("stauts", "status"),
        ("blocker", "blockers"),
        ("summery", "summary"),
        ("hlep", "help"),
        ("asign to me", "assign"),
        ("mvoe to Done", "transition"),
        ("transiton to Done", "transition"),
        ("lable backend", "label"),
    ],
)
def test_mistyped_command_names_the_nearest(text, nearest):
    (intent,) = intents(f"@bot {text}")

    assert intent == Intent(
        IntentKind.UNCLEAR, IntentForm.COMMAND, {"heard": text, "nearest": nearest}
    )


@pytest.mark.parametrize("word", ["more", "table", "hello world", "how", "moved", "love"])
def test_everyday_word_is_no_mistyped_command(word):
    (intent,) = intents(f"@bot {word}")

    assert (intent.kind, intent.arguments["nearest"]) == (IntentKind.UNCLEAR, "")


PROBLEMS = {
    "assign": ("assign", "the person is missing"),
    "assign PAY-12": ("assign", "the person is missing"),
    "assign to": ("assign", "the person is missing"),
    "assign to everyone": ("assign", "“everyone” does not name one person"),
    "assign me and Tom": ("assign", "does not name one person"),
    "assign PAY-12 OPS-3 to me": ("assign", "does not name one person"),
    "move": ("transition", "the status is missing"),
    "move PAY-12 to": ("transition", "the status is missing"),
    'move to "In Review': ("transition", "a quotation mark is opened"),
    "label": ("label", "the label is missing"),
    "label add": ("label", "the label is missing"),
    'label "two words"': ("label", "“two words” can not be a label"),
    "label a b c d e f g h i1 j k": ("label", "one to ten labels"),
    "status is wrong here": ("status", "“is wrong here” is neither"),
    "status PAY-12 OPS-3": ("status", "one ask is about one work item"),
    "status CI-123": ("status", "“CI-123” is no work item"),
    "due UTF-8": ("due", "“UTF-8” is no work item"),
    "what's blocking SHA-256?": ("blockers", "“SHA-256” is no work item"),
}


@pytest.mark.parametrize(("text", "expected"), PROBLEMS.items(), ids=PROBLEMS)
def test_wrong_argument_is_named_with_what_is_allowed(text, expected):
    nearest, problem = expected

    (intent,) = intents(f"@bot {text}")

    assert intent.kind is IntentKind.UNCLEAR
    assert intent.arguments["heard"] == text
    assert intent.arguments["nearest"] == nearest
    assert problem in intent.arguments["problem"]


def test_what_was_heard_is_bounded():
    (intent,) = intents("@bot " + "lorem ipsum " * 500)

    assert len(intent.arguments["heard"]) == 120
    assert intent.arguments["heard"].endswith("…")


def test_mentions_in_what_was_heard_read_as_names():
    (intent,) = intents("@bot ask @Ana about lunch")

    assert intent.arguments["heard"] == "ask @Ana Lima about lunch"
