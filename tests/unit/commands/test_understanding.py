import pytest

from chargehand.commands.understanding import Understanding, mentions_name_only, understand
from chargehand.domain.ids import AccountId
from chargehand.domain.intent import Intent, IntentForm, IntentKind
from tests.unit.commands.writing import OWN, PROJECT_KEYS, ask, comment, kinds

BARE = Intent(IntentKind.BARE, IntentForm.BARE)


@pytest.mark.parametrize(
    "text",
    ["", "what's blocking this?", "@Ana status", "chargehand status", "@Chargehand status"],
    ids=["empty", "nobody", "somebody_else", "name", "name_with_at"],
)
def test_comment_without_the_account_id_is_not_addressed(text):
    assert ask(text) == Understanding(intents=(), is_addressed=False)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("@bot status", id="body"),
        pytest.param("> @bot status", id="quote"),
        pytest.param(">@bot status", id="quote_as_in_mail"),
        pytest.param("    @bot status", id="code"),
        pytest.param("> @bot status\n@bot due", id="quote_and_body"),
        pytest.param('see "@bot status"', id="inline_quote"),
    ],
)
def test_mention_anywhere_addresses_the_bot(text):
    assert ask(text).is_addressed


def test_other_account_with_the_same_name_is_not_the_bot():
    understood = understand(
        comment("@bot status"),
        bot=AccountId("557058:another"),
        project_keys=PROJECT_KEYS,
        own_work_item=OWN,
    )

    assert understood == Understanding(intents=(), is_addressed=False)


@pytest.mark.parametrize(
    "text",
    [
        "@bot",
        "@bot @bot",
        "@bot ?",
        "hi @bot",
        "@bot good morning!",
        "@bot please",
        "cc @bot",
        "@Ana @bot",
        "@bot\n> assign this to me",
        "    @bot status",
        "> @bot assign this to me",
    ],
)
def test_mention_without_a_wish_is_bare(text):
    assert ask(text).intents == (BARE,)


@pytest.mark.parametrize(
    "text",
    [
        "thanks @bot",
        "@bot thank you so much!",
        "@bot perfect, thanks",
        "@bot got it 👍",
        "@bot thanks for the quick update!",
        "Thanks @Ana and @bot!",
        "@bot never mind",
        "@bot thanks!\nWe go with option B.",
        "> @bot what's the status?\nthanks!",
    ],
)
def test_thanks_alone_is_a_courtesy_without_intents(text):
    understood = ask(text)

    assert understood.is_courtesy
    assert understood.is_addressed
    assert understood.intents == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("> @bot what's blocking this?", [IntentKind.BLOCKERS], id="quote_only"),
        pytest.param(
            "> @bot what's blocking this?\nI think it is the API",
            [IntentKind.BLOCKERS],
            id="quote_and_prose",
        ),
        pytest.param(
            "> @bot what's blocking this?\nwhen is it due?", [IntentKind.DUE], id="own_words_first"
        ),
        pytest.param(
            "@bot\n> what's blocking this?", [IntentKind.BLOCKERS], id="quote_under_mention"
        ),
        pytest.param(
            "@bot when is it due?\n> what's blocking this?", [IntentKind.DUE], id="quote_ignored"
        ),
        pytest.param(
            'Tom asked "@bot what\'s blocking this?"', [IntentKind.BLOCKERS], id="inline_quote"
        ),
        pytest.param("@bot\n    status", [IntentKind.BARE], id="code_is_never_read"),
    ],
)
def test_quoted_question_is_read_when_own_words_ask_nothing(text, expected):
    assert kinds(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("@Ana what's the status?\n@bot when is it due?", [IntentKind.DUE], id="above"),
        pytest.param("@bot when is it due?\n@Ana what's the status?", [IntentKind.DUE], id="below"),
        pytest.param("@bot due\nhi @Ana, any update?", [IntentKind.DUE], id="greeted"),
    ],
)
def test_line_for_somebody_else_is_not_read(text, expected):
    assert kinds(text) == expected


def test_prose_around_an_understood_question_is_not_complained_about():
    text = "Summary of today: all green.\n@bot any update?\nLabel printing is broken since Monday."

    assert kinds(text) == [IntentKind.STATUS]


def test_complaint_on_the_line_of_the_mention_stands_beside_what_was_understood():
    assert kinds("@bot statsu\nwhen is it due?") == [IntentKind.UNCLEAR, IntentKind.DUE]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Chargehand, status?", True, id="name"),
        pytest.param("ask @chargehand about it", True, id="at_and_lower_case"),
        pytest.param("> CHARGEHAND knows", True, id="quote"),
        pytest.param("@bot status", False, id="mention"),
        pytest.param("@bot chargehand status", False, id="mention_and_name"),
        pytest.param("the chargehands met", False, id="part_of_a_word"),
        pytest.param("nothing here", False, id="absent"),
    ],
)
def test_name_without_mention_is_told(text, expected):
    assert mentions_name_only(comment(text), "Chargehand") is expected


@pytest.mark.parametrize("name", ["", "  ", "@"])
def test_empty_name_is_found_nowhere(name):
    assert not mentions_name_only(comment("chargehand"), name)


def test_name_of_several_words_is_found_across_spaces():
    assert mentions_name_only(comment("hey Charge  Hand Bot!"), "Charge Hand Bot")
