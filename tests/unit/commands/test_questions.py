import pytest

from chargehand.domain.ids import WorkItemKey
from chargehand.domain.intent import Intent, IntentForm, IntentKind
from tests.unit.commands.writing import intents, kinds

WORDINGS = {
    IntentKind.BLOCKERS: (
        "what's blocking this?",
        "what’s blocking this",
        "whats blocking this",
        "What is blocking this ticket right now?",
        "is anything holding this up",
        "why is this stuck",
        "Why is this still blocked?",
        "why isn't this done yet?",
        "what are we waiting for?",
        "what is this waiting on",
        "any blockers?",
        "are there any open blockers on this?",
        "is this blocked by anything?",
        "what's the hold up?",
        "Is there anything blocking us on this one?",
        "why hasn't this moved?",
        "show me the blockers",
        "which tickets are blocking this?",
        "what does this depend on?",
        "do you know if this is blocked?",
        "what needs to happen before this can be released?",
    ),
    IntentKind.DUE: (
        "when is it due?",
        "when's this due",
        "what's the deadline",
        "What is the due date of this issue?",
        "do you know when it is due?",
        "when will this be done?",
        "is there a deadline for this?",
        "is this overdue?",
        "any ETA?",
        "by when do we need this?",
        "how much time is left?",
        "Hey! Any idea when this is going to be finished?",
        "tell me the deadline please",
        "is this still on track for Friday?",
        "will this be done by Friday?",
        "is this late?",
    ),
    IntentKind.WHO: (
        "who is working on this",
        "who's the assignee",
        "who's on this?",
        "Who owns this ticket?",
        "who is this assigned to?",
        "is anyone working on this?",
        "whose ticket is this?",
        "who should I talk to about this?",
        "could you tell me who the assignee is?",
        "is this assigned to anyone yet?",
    ),
    IntentKind.STATUS: (
        "where are we with this?",
        "what's the status",
        "What is the current status of this, please?",
        "any update?",
        "any news on this",
        "how's this going?",
        "how is it coming along",
        "is this done yet?",
        "can I get an update on this please",
        "hi, could you please tell me where we are with this? thanks!",
        "status update please",
        "has anyone started on this?",
        "which sprint is this in?",
    ),
    IntentKind.SUMMARY: (
        "can you summarise this",
        "please summarize this ticket for me",
        "tl;dr please",
        "TLDR?",
        "what changed since Monday?",
        "what's changed here recently",
        "what happened here?",
        "what did I miss?",
        "give me a quick summary of the discussion",
        "bring me up to speed",
        "what is this ticket about?",
    ),
    IntentKind.HELP: (
        "what can you do",
        "What can you do for me?",
        "how do I use you?",
        "which commands do you understand?",
        "help me",
        "what can I ask you?",
        "can you help me with this?",
        "can you assign tickets?",
    ),
}


@pytest.mark.parametrize(
    ("wording", "kind"),
    [
        pytest.param(wording, kind, id=f"{kind}: {wording}")
        for kind, wordings in WORDINGS.items()
        for wording in wordings
    ],
)
def test_plain_question_reads_as_its_intent(wording, kind):
    assert intents(f"@bot {wording}") == (Intent(kind, IntentForm.QUESTION),)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("what's blocking this, @bot?", IntentKind.BLOCKERS, id="mention_last"),
        pytest.param("Hey @bot when is it due?", IntentKind.DUE, id="greeting_first"),
        pytest.param("hi @Ana, @bot what's the status?", IntentKind.STATUS, id="other_before"),
        pytest.param("Ana asked @bot who owns this?", IntentKind.WHO, id="mention_in_the_middle"),
        pytest.param("@bot Thanks! When is it due?", IntentKind.DUE, id="thanks_first"),
        pytest.param(
            "@bot we plan the release. When is this due?", IntentKind.DUE, id="prose_first"
        ),
        pytest.param("@bot, any blockers? we have a demo", IntentKind.BLOCKERS, id="prose_last"),
        pytest.param("the build is red\n@bot any update?", IntentKind.STATUS, id="prose_above"),
        pytest.param("who owns this?\n@bot", IntentKind.WHO, id="mention_below"),
        pytest.param("- @bot when is it due?", IntentKind.DUE, id="list_item"),
    ],
)
def test_question_is_found_around_the_mention(text, kind):
    assert kinds(text) == [kind]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("@bot is PAY-12 blocked?", WorkItemKey("PAY-12"), id="key"),
        pytest.param("@bot is pay-12 blocked?", WorkItemKey("PAY-12"), id="lower_case"),
        pytest.param("@bot what's blocking ticket OPS-3?", WorkItemKey("OPS-3"), id="noun_and_key"),
        pytest.param("@bot what is blocking PAY-7?", None, id="own_key"),
        pytest.param(
            "@bot what's blocking https://acme.atlassian.net/browse/OPS-3 ?",
            WorkItemKey("OPS-3"),
            id="address",
        ),
    ],
)
def test_question_names_another_work_item_only_by_key(text, expected):
    (intent,) = intents(text)

    assert (intent.kind, intent.work_item) == (IntentKind.BLOCKERS, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@bot what's the status of PAY-12 and who is working on it?", ["PAY-12", "PAY-12"]),
        ("@bot is PAY-12 done? any blockers?", ["PAY-12", "PAY-12"]),
        ("@bot is PAY-12 done, and when is this due?", ["PAY-12", None]),
        ("@bot is PAY-12 done?\nany blockers?", ["PAY-12", None]),
        ("@bot is PAY-12 done? is PAY-7 done? any blockers?", ["PAY-12", None, None]),
    ],
)
def test_question_is_about_the_work_item_named_before_it_in_the_line(text, expected):
    assert [intent.work_item for intent in intents(text)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "@bot what's the status and when is it due?",
        "@bot what's the status? when is it due?",
        "@bot what's the status?\nwhen is it due?",
        "@bot\nstatus\ndue\nwhat's the status?",
        "@bot what's the status, when is it due",
    ],
    ids=["joined", "sentences", "lines", "repeated", "comma"],
)
def test_several_questions_become_several_intents_in_order(text):
    assert kinds(text) == [IntentKind.STATUS, IntentKind.DUE]


def test_more_than_five_questions_are_cut_at_five():
    text = "@bot\nstatus\ndue\nwho\nblockers\nsummary\nhelp"

    assert kinds(text) == [
        IntentKind.STATUS,
        IntentKind.DUE,
        IntentKind.WHO,
        IntentKind.BLOCKERS,
        IntentKind.SUMMARY,
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("@bot should we move this to Done?", IntentKind.STATUS, id="should_we"),
        pytest.param("@bot did you assign it to me?", IntentKind.WHO, id="did_you"),
        pytest.param("@bot who moved this to done?", IntentKind.SUMMARY, id="who_moved"),
        pytest.param("@bot when was this closed?", IntentKind.SUMMARY, id="when_closed"),
        pytest.param("@bot have we closed this?", IntentKind.STATUS, id="have_we"),
    ],
)
def test_question_about_a_change_is_answered_from_facts(text, kind):
    assert kinds(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "@bot write me a poem about the backlog",
        "@bot this is blocked by the API",
        "@bot I think it's done",
        "@bot how are you doing?",
        "@bot don't tell me the status",
        "@bot if it is done, move it",
        "@bot when the tests pass, move it to done",
    ],
)
def test_other_words_are_unclear_and_suggest_nothing(text):
    (intent,) = intents(text)

    assert intent == Intent(
        IntentKind.UNCLEAR,
        IntentForm.QUESTION,
        {"heard": text.removeprefix("@bot "), "nearest": ""},
    )
