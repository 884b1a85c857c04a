from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chargehand.decisions.triage import Late, NeedsFacts, Silent, TriageContext, triage
from chargehand.domain.ask import AskState
from chargehand.domain.decision import Reason
from chargehand.domain.event import Actor, ActorKind, Event, EventKind
from chargehand.domain.ids import AccountId, ConnectionId, ProjectKey, WorkItemKey
from tests.unit.decisions.samples import intent, person

NOW = datetime(2026, 11, 20, 13, 5, tzinfo=UTC)
BOT = AccountId("712020:bot")
STATUS = intent("status")
EVENT = Event(
    kind=EventKind.COMMENT_CREATED,
    event_key="acme:comment:1:created",
    connector="jira",
    connection_id=ConnectionId("acme"),
    occurred_at=NOW - timedelta(seconds=2),
    actor=person(),
    project=ProjectKey("PAY"),
    work_item=WorkItemKey("PAY-7"),
    text="@Chargehand status",
)
CONTEXT = TriageContext(
    bot_account_id=BOT,
    bot_name="Chargehand",
    project_keys=frozenset({ProjectKey("PAY")}),
    is_addressed=True,
    is_courtesy=False,
    has_name_only=False,
    intents=(STATUS,),
    is_effect_of_ours=False,
    existing_ask_state=None,
    existing_ask_answered=False,
    existing_ask_text=None,
    recent_answers_to_actor_on_item=0,
    now=NOW,
    answer_within=timedelta(hours=2),
    fresh_since=NOW - timedelta(days=30),
)
UPDATED = EventKind.COMMENT_UPDATED
DELETED = EventKind.COMMENT_DELETED


def judged(event_changes=None, **context_changes):
    return triage(replace(EVENT, **(event_changes or {})), replace(CONTEXT, **context_changes))


def test_a_fresh_question_needs_facts():
    assert judged() == NeedsFacts(intents=(STATUS,))


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in EventKind
        if not kind.startswith("comment.") and kind is not EventKind.UNSUPPORTED
    ],
)
def test_events_that_are_no_comments_ask_for_nothing(kind):
    assert judged({"kind": kind}) == Silent(Reason.NOTHING_TO_DO)


@pytest.mark.parametrize(
    ("event", "context", "reason"),
    [
        pytest.param(
            {"kind": EventKind.UNSUPPORTED}, {}, Reason.UNSUPPORTED_EVENT, id="unsupported"
        ),
        pytest.param({"work_item": None}, {}, Reason.UNSUPPORTED_EVENT, id="no-work-item"),
        pytest.param({"project": ProjectKey("SEC")}, {}, Reason.OTHER_PROJECT, id="other-project"),
        pytest.param({"project": None}, {}, Reason.OTHER_PROJECT, id="no-project"),
        pytest.param({}, {"is_effect_of_ours": True}, Reason.OWN_COMMENT, id="in-the-ledger"),
        pytest.param(
            {"actor": Actor(BOT, "Chargehand", ActorKind.BOT)},
            {},
            Reason.OWN_COMMENT,
            id="own-app-account",
        ),
        pytest.param({"actor": person(kind=ActorKind.BOT)}, {}, Reason.OTHER_BOT, id="another-bot"),
        pytest.param({}, {"is_addressed": False}, Reason.NOT_MENTIONED, id="not-mentioned"),
        pytest.param(
            {}, {"is_addressed": False, "has_name_only": True}, Reason.NAME_ONLY, id="name-only"
        ),
        pytest.param({}, {"is_courtesy": True}, Reason.NOT_A_QUESTION_TO_US, id="thanks"),
        pytest.param({}, {"intents": ()}, Reason.NOT_A_QUESTION_TO_US, id="no-intent"),
        pytest.param(
            {}, {"recent_answers_to_actor_on_item": 12}, Reason.LOOP_BROKEN, id="twelfth-answer"
        ),
    ],
)
def test_silence_has_its_reason(event, context, reason):
    assert judged(event, **context) == Silent(reason)


def test_eleven_answers_are_no_loop():
    assert isinstance(judged(recent_answers_to_actor_on_item=11), NeedsFacts)


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ({"is_effect_of_ours": True}, {"is_addressed": False}, Reason.OWN_COMMENT),
        ({"is_addressed": False}, {"is_courtesy": True}, Reason.NOT_MENTIONED),
        (
            {"is_courtesy": True},
            {"recent_answers_to_actor_on_item": 12},
            Reason.NOT_A_QUESTION_TO_US,
        ),
        (
            {"recent_answers_to_actor_on_item": 12},
            {"answer_within": timedelta(0)},
            Reason.LOOP_BROKEN,
        ),
    ],
    ids=["ledger-first", "mention-second", "courtesy-third", "loop-before-late"],
)
def test_the_first_rule_gives_the_reason(first, second, reason):
    assert judged(**first, **second).reason is reason


@pytest.mark.parametrize("kind", [ActorKind.PERSON, ActorKind.CUSTOMER])
def test_our_account_without_an_effect_has_its_mark_checked(kind):
    actor = Actor(BOT, "Chargehand", kind)

    assert judged({"actor": actor}) == NeedsFacts(intents=(STATUS,), must_check_own_mark=True)


@pytest.mark.parametrize(
    ("state", "is_answered", "expected"),
    [
        (AskState.OPEN, False, Silent(Reason.ASK_WITHDRAWN, withdraws_ask=True)),
        (AskState.LATE, False, Silent(Reason.ASK_WITHDRAWN, withdraws_ask=True)),
        (AskState.STUCK, False, Silent(Reason.ASK_WITHDRAWN, withdraws_ask=True)),
        (AskState.OPEN, True, Silent(Reason.NOTHING_TO_DO)),
        (AskState.DECIDED, True, Silent(Reason.NOTHING_TO_DO)),
        (AskState.DISMISSED, False, Silent(Reason.NOTHING_TO_DO)),
        (AskState.WITHDRAWN, False, Silent(Reason.NOTHING_TO_DO)),
        (None, False, Silent(Reason.NOTHING_TO_DO)),
    ],
)
def test_a_deleted_comment_withdraws_an_ask_that_waits(state, is_answered, expected):
    found = judged(
        {"kind": DELETED},
        existing_ask_state=state,
        existing_ask_answered=is_answered,
        is_addressed=False,
    )

    assert found == expected


@pytest.mark.parametrize(
    ("state", "is_answered", "text", "expected"),
    [
        pytest.param(
            AskState.DECIDED, True, "other", Silent(Reason.ALREADY_ANSWERED), id="answered"
        ),
        pytest.param(
            AskState.OPEN,
            False,
            "@Chargehand status",
            Silent(Reason.ALREADY_ASKED),
            id="same-text",
        ),
        pytest.param(
            AskState.WITHDRAWN, False, "other", Silent(Reason.ASK_WITHDRAWN), id="deleted-before"
        ),
        pytest.param(AskState.OPEN, False, "other", NeedsFacts((STATUS,)), id="reworded"),
        pytest.param(AskState.LATE, False, "other", NeedsFacts((STATUS,)), id="late-reworded"),
        pytest.param(AskState.DECIDED, False, "other", NeedsFacts((STATUS,)), id="met-silence"),
        pytest.param(None, False, None, NeedsFacts((STATUS,)), id="mention-edited-in"),
    ],
)
@pytest.mark.parametrize("kind", [UPDATED, EventKind.COMMENT_CREATED])
def test_an_edited_question_is_answered_once(kind, state, is_answered, text, expected):
    found = judged(
        {"kind": kind},
        existing_ask_state=state,
        existing_ask_answered=is_answered,
        existing_ask_text=text,
    )

    assert found == expected


def test_editing_the_mention_away_withdraws_the_ask():
    found = judged({"kind": UPDATED}, existing_ask_state=AskState.OPEN, is_addressed=False)

    assert found == Silent(Reason.ASK_WITHDRAWN, withdraws_ask=True)


def test_editing_a_question_into_thanks_withdraws_the_ask():
    found = judged({"kind": UPDATED}, existing_ask_state=AskState.OPEN, is_courtesy=True)

    assert found == Silent(Reason.NOT_A_QUESTION_TO_US, withdraws_ask=True)


@pytest.mark.parametrize(
    ("age", "is_late"),
    [
        (timedelta(hours=2), False),
        (timedelta(hours=2, microseconds=1), True),
        (timedelta(seconds=-30), False),
    ],
    ids=["exactly", "just-older", "from-a-clock-ahead-of-ours"],
)
def test_a_question_is_late_when_it_is_older_than_answer_within(age, is_late):
    found = judged({"occurred_at": NOW - age})

    assert found == (Late((STATUS,)) if is_late else NeedsFacts((STATUS,)))


@pytest.mark.parametrize(
    ("offset", "is_late"),
    [(timedelta(0), False), (timedelta(microseconds=1), True)],
    ids=["at-the-change", "before-the-change"],
)
def test_a_question_from_before_the_last_change_is_late(offset, is_late):
    change_at = EVENT.occurred_at + offset

    found = judged(fresh_since=change_at)

    assert isinstance(found, Late) is is_late
    assert not is_late or found.reason is Reason.LATE


def test_a_late_question_of_our_account_still_has_its_mark_checked():
    actor = Actor(BOT, "Chargehand", ActorKind.PERSON)

    found = judged({"actor": actor}, fresh_since=NOW)

    assert found == Late((STATUS,), must_check_own_mark=True)
