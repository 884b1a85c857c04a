from dataclasses import replace

import pytest

from chargehand.decisions.answer import FactsMissing, answer
from chargehand.decisions.answered import NotYet
from chargehand.decisions.needs import fact_needs
from chargehand.domain.event import EVERYONE, ActorKind
from chargehand.domain.fact import Unknown, UnknownReason
from chargehand.domain.ids import AccountId
from chargehand.domain.work_item import FactNeeds, Right
from tests.unit.decisions.samples import (
    CONTEXT,
    CUSTOMER,
    INTERNAL,
    PAY_7,
    PAY_9,
    ask,
    facts,
    intent,
    person,
)

DANA = AccountId("712020:dana")


def needs(*intents, **of_ask):
    return fact_needs(intents, ask(*intents, **of_ask))


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (
            intent("status"),
            FactNeeds(PAY_7, comments=True, history=True, sprint=True),
        ),
        (intent("summary"), FactNeeds(PAY_7, comments=True, history=True, sprint=True)),
        (intent("blockers"), FactNeeds(PAY_7, comments=True)),
        (intent("who"), FactNeeds(PAY_7, comments=True, history=True)),
        (intent("due"), FactNeeds(PAY_7, sprint=True)),
        (intent("help"), FactNeeds(PAY_7)),
        (intent("bare"), FactNeeds(PAY_7)),
        (intent("unclear"), FactNeeds(PAY_7)),
        (
            intent("assign", to="Ben"),
            FactNeeds(PAY_7, asker=DANA, rights=(Right.ASSIGN,), people=("Ben",)),
        ),
        (
            intent("assign", to="me"),
            FactNeeds(PAY_7, asker=DANA, rights=(Right.ASSIGN,), people=("712020:dana",)),
        ),
        (
            intent("assign", to="nobody"),
            FactNeeds(PAY_7, asker=DANA, rights=(Right.ASSIGN,)),
        ),
        (
            intent("transition", to="done"),
            FactNeeds(PAY_7, asker=DANA, rights=(Right.TRANSITION,), transitions=True),
        ),
        (intent("label", labels="x"), FactNeeds(PAY_7, asker=DANA, rights=(Right.EDIT,))),
    ],
    ids=lambda value: value.kind.value if hasattr(value, "kind") else "",
)
def test_each_intent_reads_what_it_tells(wish, expected):
    assert needs(wish) == (expected,)


def test_several_intents_are_read_together():
    assert needs(intent("due"), intent("blockers"), intent("label", labels="x")) == (
        FactNeeds(PAY_7, comments=True, sprint=True, asker=DANA, rights=(Right.EDIT,)),
    )


def test_another_item_is_read_beside_the_own_one():
    assert needs(intent("due", on="PAY-9")) == (FactNeeds(PAY_7), FactNeeds(PAY_9, sprint=True))


@pytest.mark.parametrize(
    ("key", "visibility"),
    [("SEC-1", EVERYONE), ("SEC-1", INTERNAL), ("PAYMENT-9", EVERYONE), ("PAY-9", CUSTOMER)],
)
def test_an_item_that_could_not_be_told_is_not_read(key, visibility):
    assert needs(intent("status", on=key), visibility=visibility) == (FactNeeds(PAY_7),)


@pytest.mark.parametrize("kind", ["status", "summary", "who", "blockers", "due"])
def test_a_reply_that_customers_read_needs_the_item_alone(kind):
    assert needs(intent(kind), visibility=CUSTOMER) == (FactNeeds(PAY_7),)


@pytest.mark.parametrize(
    "asker",
    [person(kind=ActorKind.CUSTOMER), person(kind=ActorKind.ANONYMOUS), person(account=None)],
    ids=["customer", "anonymous", "no-account"],
)
def test_no_rights_are_asked_for_people_who_only_read(asker):
    assert needs(intent("assign", to="Ben"), asker=asker) == (FactNeeds(PAY_7),)


def test_answering_before_reading_is_a_fault():
    with pytest.raises(FactsMissing, match="PAY-9"):
        answer(ask(intent("due", on="PAY-9")), {PAY_7: facts()}, CONTEXT)


@pytest.mark.parametrize(
    "reason",
    [UnknownReason.UNREACHABLE, UnknownReason.RATE_LIMITED, UnknownReason.SIGN_IN_REFUSED],
)
@pytest.mark.parametrize(
    ("wish", "part"),
    [
        (intent("status"), "comments"),
        (intent("who"), "history"),
        (intent("due"), "sprint"),
        (intent("transition", to="done"), "transitions"),
        (intent("help"), "item"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_needed_fact_that_passes_is_waited_for(wish, part, reason):
    read = replace(facts(), **{part: Unknown(reason)})

    assert answer(ask(wish), {PAY_7: read}, CONTEXT) == NotYet(reason, PAY_7)


@pytest.mark.parametrize(
    "parts",
    [
        {"rights": {Right.ASSIGN: Unknown(UnknownReason.UNREACHABLE)}},
        {"people": {"Ben": Unknown(UnknownReason.UNREACHABLE)}},
    ],
    ids=["right", "person"],
)
def test_rights_and_people_are_waited_for_too(parts):
    outcome = answer(ask(intent("assign", to="Ben")), {PAY_7: facts(**parts)}, CONTEXT)

    assert outcome == NotYet(UnknownReason.UNREACHABLE, PAY_7)


@pytest.mark.parametrize(
    ("reason", "retry_after_s"),
    [(UnknownReason.NO_ACCESS, None), (UnknownReason.RATE_LIMITED, 60.0)],
    ids=["no-access", "as-long-as-the-vendor-asked"],
)
def test_the_item_itself_is_waited_for_while_somebody_can_mend_it(reason, retry_after_s):
    read = replace(facts(), item=Unknown(reason, retry_after_s=retry_after_s))

    outcome = answer(ask(intent("status")), {PAY_7: read}, CONTEXT)

    assert outcome == NotYet(reason, PAY_7, retry_after_s)


def test_a_fact_nobody_needs_is_not_waited_for():
    read = facts(comments=Unknown(UnknownReason.UNREACHABLE))

    assert not isinstance(answer(ask(intent("due")), {PAY_7: read}, CONTEXT), NotYet)
