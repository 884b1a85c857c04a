"""What a webhook of Data Center means: users by key, mentions by name."""

import json

import pytest

from chargehand.connectors.jira.parse import JiraParser
from chargehand.connectors.jira.user_names import NamedBot
from chargehand.domain.event import EventKind, VisibilityKind
from chargehand.domain.ids import AccountId
from tests.connectors.jira.reading.samples import delivery_of, load

BOT = NamedBot("chargehand", AccountId("JIRAUSER10100"))


def parse(body: str, **comment: object):
    payload = load("comment_created__data_center")
    payload["comment"] |= {"body": body, **comment}

    return JiraParser(BOT).parse(delivery_of(json.dumps(payload).encode()))


def test_comment_is_read_with_the_key_of_its_author() -> None:
    payload = load("comment_created__data_center")

    event = parse(payload["comment"]["body"])

    assert event.kind is EventKind.COMMENT_CREATED
    assert event.actor.account_id == "JIRAUSER10104"
    assert event.actor.time_zone == "Asia/Tokyo"
    assert event.mentions == ("JIRAUSER10100", "~tom.berg")
    assert event.text == "@chargehand and @tom.berg, what is blocking this?\n[~chargehand]"
    assert (event.visibility.kind, event.visibility.value) == (VisibilityKind.ROLE, "Developers")


@pytest.mark.parametrize(
    ("body", "mentions"),
    [
        pytest.param("[~Chargehand] status", ("JIRAUSER10100",), id="any-case"),
        pytest.param("[~JIRAUSER10100] status", ("~JIRAUSER10100",), id="the-key-is-no-name"),
        pytest.param("[~jirauser10104]", ("~jirauser10104",), id="somebody-named-like-a-key"),
        pytest.param("{{[~chargehand]}} status", (), id="code"),
        pytest.param(r"\[~chargehand] status", (), id="escaped"),
    ],
)
def test_only_the_bots_own_name_mentions_it(body: str, mentions: tuple[str, ...]) -> None:
    assert parse(body).mentions == mentions


def test_comment_in_a_service_project_is_taken_to_be_internal() -> None:
    payload = load("comment_created__data_center")
    payload["issue"]["fields"]["project"]["projectTypeKey"] = "service_desk"
    del payload["comment"]["visibility"]

    event = JiraParser(BOT).parse(delivery_of(json.dumps(payload).encode()))

    assert event.visibility.kind is VisibilityKind.INTERNAL
    assert event.data["visibility_state"] == "assumed"


def test_comment_told_without_its_work_item_leaves_the_word_to_who_tells_both() -> None:
    payload = load("comment_created__data_center")
    alone = {key: value for key, value in payload.items() if key != "issue"}
    change = {
        **payload,
        "webhookEvent": "jira:issue_updated",
        "issue_event_type_name": "issue_commented",
    }

    parser = JiraParser(BOT)
    first, second = (
        parser.parse(delivery_of(json.dumps(body).encode())) for body in (alone, change)
    )

    assert (first.kind, first.data["missing"]) == (EventKind.UNSUPPORTED, "issue")
    assert (second.kind, second.work_item) == (EventKind.COMMENT_CREATED, "PAY-7")
    assert second.event_key == "jira-main:comment:20001:created"
