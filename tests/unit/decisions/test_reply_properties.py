"""Whatever people type into a ticket, the reply keeps its form."""

import re
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chargehand.domain.ids import AccountId
from chargehand.domain.intent import IntentKind
from chargehand.domain.work_item import Person, StatusCategory
from chargehand.kit.canonical import digest_of
from tests.unit.decisions.samples import (
    NOW,
    answered,
    ask,
    change,
    comment,
    fact,
    facts,
    intent,
    linked,
    work_item,
)

PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
ALLOWED = {
    "paragraph_open",
    "paragraph_close",
    "bullet_list_open",
    "bullet_list_close",
    "list_item_open",
    "list_item_close",
    "inline",
    "text",
    "strong_open",
    "strong_close",
    "link_open",
    "link_close",
    "code_inline",
}
OUR_IDS = re.compile(r"\b(?:act|ask|evt|dec|apv|eff|dlv)_[0-9a-hjkmnp-tv-z]{26}\b|712020:|90210")
NASTY = st.text(alphabet="\\`*_{}[]()<>#+-.!|~&=:@/'\" \n\t1a\x00\u202e", max_size=50)
WORDS = st.one_of(NASTY, st.text(max_size=50))
KINDS = st.lists(
    st.sampled_from(sorted(set(IntentKind) - {IntentKind.RUN})), min_size=1, max_size=8
)


@st.composite
def tickets(draw):
    names = Person(AccountId("712020:x"), draw(WORDS))
    links = tuple(
        linked(f"PAY-{number}", title=draw(WORDS), status=draw(WORDS))
        for number in range(20, 20 + draw(st.integers(0, 9)))
    )
    item = work_item(
        title=draw(WORDS),
        status=draw(WORDS),
        type_name=draw(WORDS),
        priority=draw(WORDS),
        description=draw(WORDS),
        assignee=draw(st.sampled_from([None, names])),
        reporter=names,
        category=draw(st.sampled_from(StatusCategory)),
        is_flagged=draw(st.booleans()),
        links=links,
    )
    history = tuple(
        change(draw(st.sampled_from(["status", "summary", "Sprint"])), draw(WORDS), draw(WORDS))
        for _ in range(draw(st.integers(0, 5)))
    )
    comments = tuple(
        comment(number, f"blocked {draw(WORDS)}", author=names) for number in range(1, 4)
    )
    return facts(
        item,
        comments=fact(comments),
        history=fact(history),
        people={"Ben": fact((names, Person(AccountId("712020:y"), draw(WORDS))))},
    )


@given(read=tickets(), kinds=KINDS, words=WORDS, minutes=st.sampled_from([0, 30]))
@settings(max_examples=150, deadline=None)
def test_every_reply_keeps_its_form(read, kinds, words, minutes):
    arguments = {"to": "Ben", "labels": words, "heard": words, "nearest": "status"}
    the_ask = ask(
        *(intent(kind, **arguments) for kind in kinds), asked_at=NOW - timedelta(minutes=minutes)
    )

    decision = answered(the_ask, read).decision

    comments = [action for action in decision.actions if "markdown" in action.params]
    assert len(comments) == (1 if decision.response else 0)
    body, _, sources = decision.response.partition("\n\nSources: ")
    assert len([line for line in body.splitlines() if line]) <= 6
    assert "\n" not in sources
    for text in (decision.response, *(action.params["more"] for action in comments)):
        tokens = PARSER.parse(text)
        kinds_of_tokens = {token.type for token in tokens}
        kinds_of_tokens |= {child.type for token in tokens for child in token.children or ()}
        assert kinds_of_tokens <= ALLOWED
        assert not OUR_IDS.search(text)
    assert all(len(digest_of(dict(action.params))) == 64 for action in decision.actions)


@given(read=tickets(), kinds=KINDS)
@settings(max_examples=25, deadline=None)
def test_the_same_facts_give_the_same_answer(read, kinds):
    the_ask = ask(*(intent(kind, to="Ben") for kind in kinds))

    assert answered(the_ask, read) == answered(the_ask, read)
