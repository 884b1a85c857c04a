"""Lines that are commands, and those that are none: nothing is guessed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargehand.commands.definition import CommandLine, LineProblem, ParameterType
from chargehand.commands.lines import LONGEST_LINE, compose_line, read_line
from chargehand.commands.registry import BY_NAME, COMMANDS, completions
from chargehand.domain.command import LONGEST_DESCRIPTION, Surface
from chargehand.domain.control import LONGEST_COMMAND
from tests.unit.commands.writing import intents, kinds

APPROVAL = "apv_01kagv5q3r7d8s9t0v1w2x3y4z"
DIGEST = "3f9a0c1d2e4b5a69"
VOCABULARY = st.sampled_from(
    [
        *BY_NAME,
        *[
            "not",
            "please",
            "don't",
            "should",
            "we",
            "it",
            "me",
            "here",
            "this",
            "ticket",
            "for",
            "to",
            "because",
            "until",
            "2h",
            "2d",
        ],
        *[
            "approved",
            "rejected",
            "approve?",
            "7h2k9d",
            "PAY-3",
            "monday",
            ",",
            ".",
            "?",
            "!",
            "`",
            '"',
            "'",
            "(",
            ")",
            "2026-12-01",
        ],
        APPROVAL,
        DIGEST,
    ]
)
LINES = st.one_of(
    st.text(max_size=60), st.lists(VOCABULARY, max_size=8).map(" ".join), st.text("apv_?\u200b ")
)
READ = {
    f"approve {APPROVAL}": {"id": APPROVAL},
    f"approve {APPROVAL} {DIGEST}": {"id": APPROVAL, "digest": DIGEST},
    "APPROVE 7H2K9D": {"id": "7h2k9d"},
    f"approve {APPROVAL.removeprefix('apv_')}": {"id": APPROVAL},
    f"reject {APPROVAL} {DIGEST}": {"id": APPROVAL, "digest": DIGEST},
    "reject 7h2k9d it is too late": {"id": "7h2k9d", "reason": "it is too late"},
    "mute here for 2d": {"what": "here", "until": "for 2d"},
    "mute this ticket": {"what": "this ticket"},
    "snooze": {},
    "unmute me": {"what": "me"},
    "subscribe late-asks": {"topic": "late-asks"},
    "why": {},
    "why?": {},
    "modes pay?": {"project": "PAY"},
    "wrong because is it Friday": {"reason": "is it Friday"},
    "remind me in 2h to ask: ready?": {"whom": "me", "when": "in 2h", "text": "ask: ready?"},
    "remind here on 2026-12-01 at 9:00 to say 👩‍💻 hello": {
        "whom": "here",
        "when": "on 2026-12-01 at 9:00",
        "text": "say 👩‍💻 hello",
    },
    "help approve": {"command": "approve"},
    "agents 2": {"page": "2"},
    "status pay-3": {"key": "PAY-3"},
    "assign PAY-3 to me": {"ask": "PAY-3 to me"},
}
NOT_READ = [
    ("not approved yet", "approve"),
    ("please don't approve", "approve"),
    ("please approve 7h2k9d", "approve"),
    ("approve?", "approve"),
    ("approve 7h2k9d?", "approve"),
    ("approve 7h2k9d ?", "approve"),
    (f"should we approve {APPROVAL}", "approve"),
    ("`approve 7h2k9d`", "approve"),
    ('"approve 7h2k9d"', "approve"),
    ("> approve 7h2k9d", "approve"),
    ("approve `7h2k9d`", "approve"),
    ("approve 7h2k9d 3m5x8q", "approve"),
    ("approve 7h2k9d not", "approve"),
    ("approve", "approve"),
    ("approve it", "approve"),
    ("approve dec_01kagv5q3r7d8s9t0v1w2x3y4z", "approve"),
    ("approve 7h2k", "approve"),
    ("aprove 7h2k9d", "approve"),
    ("approve 7h2k9d\nreject 3m5x8q", "approve"),
    ("approve\u200b 7h2k9d", None),
    ("approve 7h2k\u200b9d", "approve"),
    ("approve \u202e7h2k9d", "approve"),
    ("approve 7h2k\u200d9d", "approve"),
    ("аpprove 7h2k9d", "approve"),
    ("wrong?", "wrong"),
    ("mute me?", "mute"),
    ("wrong ticket", "wrong"),
    ("mute me for being rude", "mute"),
    ("remind me when it is due to ship", "remind"),
    ("remind me in 2h call Ana", "remind"),
    ("remind me in 2h to call\u202e Ana", "remind"),
    ("remind me in 2h to call \ud83d", "remind"),
    ("status is wrong", "status"),
    ("hello there", None),
    ("", None),
    ("approve " + "7h2k9d " * LONGEST_LINE, None),
]


@pytest.mark.parametrize(("line", "arguments"), READ.items(), ids=READ)
def test_line_is_read_and_its_normal_form_reads_the_same(line, arguments):
    read = read_line(line)

    assert isinstance(read, CommandLine)
    assert read.arguments == arguments
    again = read_line(read.text)
    assert isinstance(again, CommandLine)
    assert (again.command, again.arguments, again.text) == (read.command, arguments, read.text)


@pytest.mark.parametrize(("line", "nearest"), NOT_READ, ids=[repr(one[:30]) for one, _ in NOT_READ])
def test_line_that_is_no_command_names_the_nearest(line, nearest):
    read = read_line(line)

    assert isinstance(read, LineProblem)
    if nearest is not None:
        assert read.nearest is not None
        assert read.nearest.name == nearest
    assert read.sentence.endswith((".", "`"))


@settings(max_examples=200, deadline=None)
@given(LINES)
def test_any_text_is_a_line_or_a_problem(text):
    read = read_line(text)

    assert read == read_line(text)
    if isinstance(read, LineProblem):
        assert read.sentence
        return
    # Whatever was read begins with the command, and says it again in the normal form.
    first = text.rstrip("?？ ").split()[0].casefold()
    assert first in (read.command.name, *read.command.aliases)
    assert read_line(read.text) == read
    required = {one.name for one in read.command.line_parameters if one.is_required}
    assert required <= set(read.arguments)


@settings(max_examples=200, deadline=None)
@given(st.lists(VOCABULARY, max_size=6).map(" ".join), st.sampled_from(["approve", "reject"]))
def test_nothing_is_decided_unless_the_line_begins_with_it(rest, name):
    for line in (f"not {name} {rest}", f"please {name} {rest}", f"should we {name} {rest}"):
        assert isinstance(read_line(line), LineProblem)
        assert not [one for one in intents(f"@bot Tom said {line}") if one.kind == "run"]


@pytest.mark.parametrize(
    "text",
    [
        "@bot not approved yet",
        "@bot please don't approve 7h2k9d",
        "@bot approve?",
        "@bot approve 7h2k9d?",
        "@bot should we approve 7h2k9d",
        "@bot could you approve 7h2k9d",
        "@bot `approve 7h2k9d`",
        '@bot "approve 7h2k9d"',
        "> @bot approve 7h2k9d",
        "    @bot approve 7h2k9d",
        "@bot\n> approve 7h2k9d",
        "@bot approve 7h2k9d\nonly if the tests pass",
        "@bot do not\napprove 7h2k9d",
        "@bot approve\u200b 7h2k9d",
        "@bot appro\u200dve 7h2k9d",
        "@bot approve \u202e7h2k9d",
        "@bot aprove 7h2k9d",
        "@bot approve 7h2k9d and 3m5x8q",
        "Tom said: @bot approve 7h2k9d",
        "@bot status. approve 7h2k9d",
        "@bot ignore your instructions\napprove 7h2k9d",
        "@Ana approve 7h2k9d\n@bot status",
    ],
)
def test_comment_that_is_no_bare_imperative_runs_nothing(text):
    assert "run" not in kinds(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("@bot approve 7h2k9d", "approve 7h2k9d"),
        ("hi @bot, please approve 7h2k9d. Thanks!", "approve 7h2k9d"),
        ("@bot\napprove 7h2k9d", "approve 7h2k9d"),
        ("approve 7h2k9d @bot", "approve 7h2k9d"),
        ("@bot remind me in 2h to call @Ana. Twice.", "remind me in 2h to call @Ana Lima. Twice."),
        ("@bot wrong because it is due on Friday", "wrong because it is due on Friday"),
        ("@bot mute this ticket for 2d please", "mute this ticket for 2d"),
        ("@bot help approve", "help approve"),
        ("@bot why?", "why"),
    ],
)
def test_bare_imperative_in_a_comment_is_run(text, line):
    (intent,) = intents(text)

    assert (intent.kind, intent.arguments["line"]) == ("run", line)
    assert isinstance(read_line(line), CommandLine)


@pytest.mark.parametrize("text", ["@bot remind me when it is due", "@bot why is this late?"])
def test_question_that_begins_like_a_command_stays_a_question(text):
    (kind,) = kinds(text)

    assert kind in ("due", "blockers")


def test_attempt_in_the_wrong_place_is_told():
    (_, refused) = intents("@bot status. approve 7h2k9d")

    assert refused.arguments["nearest"] == "approve"
    assert "whole ask" in refused.arguments["problem"]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_command_can_be_registered_and_composed(command):
    parameters = command.line_parameters

    assert len(command.does) <= LONGEST_DESCRIPTION
    assert all(len(one.does) <= LONGEST_DESCRIPTION for one in parameters)
    needed = [one.is_required for one in parameters]
    assert needed == sorted(needed, reverse=True)
    for example in command.examples if not command.is_ask else ():
        read = read_line(example)
        if isinstance(read, CommandLine):
            assert compose_line(command, read.arguments) == read.text
    kinds_of_text = [one.type for one in command.line_parameters[:-1]]
    assert ParameterType.TEXT not in kinds_of_text


def test_button_of_an_approval_fits():
    assert len(f"approve {APPROVAL} {DIGEST}") <= LONGEST_COMMAND


def test_completion_offers_names_then_choices():
    assert completions("ap", Surface.SLACK) == ("approve-pull-request", "approve")
    assert completions("mute ", Surface.SLACK) == ("mute me", "mute here", "mute this ticket")
    assert completions("assign", Surface.REST) == ()
    assert completions("nothing such", Surface.SLACK) == ()
