import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargehand.commands.problems import HEARD_MAX_CHARS
from chargehand.commands.sentences import SENTENCE_MAX_WORDS
from chargehand.commands.templates import TemplateCompiler
from chargehand.commands.understanding import INTENTS_MAX, understand
from chargehand.commands.word_lists import word_set
from chargehand.domain.ids import AccountId
from chargehand.domain.intent import IntentKind
from chargehand.domain.text import Line, LineKind, Span
from tests.unit.commands.writing import ANA, BOT, OWN, PROJECT_KEYS, ask

VOCABULARY = st.sampled_from(
    sorted(
        word_set(
            """assign move transition label close unassign this it to me nobody PAY-12 CI-1 status
            who due blockers what is blocking please thanks hi don't if should and , . ? ! : " ' “
            ” \\ ( ) - In Review Done add the a Tom said can you could all everything ignore
            instructions approve reject 7h2k9d mute remind wrong why in 2h"""
        )
    )
)
SENTENCES = st.lists(VOCABULARY, max_size=12).map(" ".join)
TEXT = st.one_of(st.text(max_size=80), SENTENCES)
SPANS = st.one_of(
    TEXT.map(Span),
    st.sampled_from([Span("@Chargehand", BOT), Span("@Ana", ANA), Span("", AccountId(""))]),
)
LINES = st.builds(
    Line,
    st.lists(SPANS, max_size=5).map(tuple),
    st.sampled_from(LineKind),
)
COMMENTS = st.lists(LINES, max_size=6).map(tuple)
FOREIGN_LINES = st.builds(
    Line,
    st.lists(SPANS, max_size=5).map(tuple),
    st.sampled_from([LineKind.QUOTE, LineKind.CODE]),
)


def read(lines):
    return understand(lines, bot=BOT, project_keys=PROJECT_KEYS, own_work_item=OWN)


def is_told(intent):
    return intent.is_write or intent.kind is IntentKind.RUN


@settings(max_examples=300, deadline=None)
@given(COMMENTS)
def test_any_text_has_one_outcome(lines):
    understood = read(lines)

    is_mentioned = any(span.mention == BOT for line in lines for span in line.spans)
    assert understood.is_addressed is is_mentioned
    assert bool(understood.intents) is (is_mentioned and not understood.is_courtesy)
    assert len(understood.intents) <= INTENTS_MAX
    assert understood == read(lines)


@settings(max_examples=300, deadline=None)
@given(COMMENTS)
def test_intents_of_any_text_carry_bounded_arguments(lines):
    for intent in read(lines).intents:
        assert intent.work_item != OWN
        if intent.kind is IntentKind.UNCLEAR:
            assert {"heard", "nearest"} <= set(intent.arguments)
            assert len(intent.arguments["heard"]) <= HEARD_MAX_CHARS
        elif intent.kind is IntentKind.RUN:
            assert set(intent.arguments) == {"command", "line"}
        elif intent.is_write:
            assert intent.arguments
            assert all(value.strip() for value in intent.arguments.values())
        else:
            assert not intent.arguments


@settings(max_examples=300, deadline=None)
@given(st.lists(FOREIGN_LINES, max_size=6).map(tuple))
def test_words_of_others_never_become_a_change(lines):
    assert not any(is_told(intent) for intent in read(lines).intents)


@settings(deadline=None)
@given(st.lists(FOREIGN_LINES, max_size=4).map(tuple))
def test_words_of_others_below_a_mention_never_become_a_change(lines):
    own = Line((Span("@Chargehand", BOT),))

    assert not any(is_told(intent) for intent in read((own, *lines)).intents)


@settings(deadline=None)
@given(SENTENCES)
def test_no_sentence_is_a_change_behind_a_report(sentence):
    lines = (Line((Span("@Chargehand", BOT), Span(f" Tom said {sentence}"))),)

    assert not any(is_told(intent) for intent in read(lines).intents)


LONG = {
    "one_sentence": "what " * 6000,
    "many_sentences": "what is this. " * 2200,
    "open_quotes": "\"'“„«`" * 5000,
    "escapes": "\\" * 30000,
    "courtesies": "please, thanks, " * 1900,
    "commands": "assign to " * 3000,
    "joined": "and also plus " * 2200,
    "lines": "statsu\n" * 4300,
    "one_word": "a" * 30000,
    "keys": "PAY-1 " * 5000,
    "mentions": "@bot " * 6000,
    "bidi": "\u202e\u2066" * 15000,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_thirty_thousand_characters_are_read(text):
    """Long input gets an answer like any other; see the next test for why it stays quick."""
    understood = ask(f"@bot {text}")

    assert understood.is_addressed
    assert understood.intents or understood.is_courtesy


class CountingWords(tuple):
    """Words that count how often they are looked at."""

    __slots__ = ()
    looks = 0

    def __getitem__(self, item):
        type(self).looks += 1
        return super().__getitem__(item)


@pytest.mark.parametrize("length", [10, 20, SENTENCE_MAX_WORDS])
def test_template_looks_at_a_sentence_a_linear_number_of_times(length):
    """Optional parts that overlap are where a backtracking matcher doubles its work."""
    template = TemplateCompiler({}).compile("[a / a a] " * 8 + "end")
    CountingWords.looks = 0

    template.matches(CountingWords(["a"] * length), frozenset({0}), frozenset({length}))

    assert CountingWords.looks <= 8 * 2 * (length + 1) + length + 1


def test_sentence_longer_than_any_question_is_not_compared():
    assert [intent.kind for intent in ask("@bot status" + " status" * 50).intents] == [
        IntentKind.UNCLEAR
    ]
