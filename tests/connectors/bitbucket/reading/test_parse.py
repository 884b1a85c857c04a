"""What a payload of either Bitbucket means, in the house's words."""

from typing import Any

import pytest

from chargehand.connectors.bitbucket.parse import BitbucketParser
from chargehand.domain.event import ActorKind, EventKind, PlaceKind
from chargehand.domain.ids import AccountId
from chargehand.domain.text import LineKind
from tests.connectors.bitbucket.reading.samples import (
    DATA_CENTER_COMMENT,
    DATA_CENTER_PUSH,
    PERSON,
    PULL_REQUEST,
    REPOSITORY,
    commented,
    on_data_center,
    parse,
    parse_bytes,
)


def test_a_comment_says_where_by_whom_and_to_whom() -> None:
    event = parse(commented("@{712020:bot} status"), "pullrequest:comment_created")

    assert event.event_key == "bitbucket:message:acme/payments:991:created"
    assert (event.actor.account_id, event.actor.kind) == ("712020:mei", ActorKind.PERSON)
    assert event.mentions == ("712020:bot",)
    assert event.place is not None
    assert event.place.channel_id == "acme/payments"
    assert event.place.kind is PlaceKind.PRIVATE
    assert (event.place.thread_id, event.place.message_id) == ("pull/12", "991")
    assert event.place.root_id is None
    assert event.data["comment_id"] == event.data["message_id"] == "991"
    assert (event.data["number"], event.data["source_branch"]) == (12, "feature/PAY-7")


@pytest.mark.parametrize(
    ("more", "root", "path"),
    [
        ({"inline": {"path": "a.py", "to": 3}}, "991", "a.py"),
        ({"parent": {"id": 900}, "inline": {"path": "a.py", "to": 3}}, "900", "a.py"),
        ({"parent": {"id": 900}}, "900", None),
    ],
    ids=["first-inline", "inline-answer", "answer"],
)
def test_a_comment_knows_the_conversation_it_hangs_on(
    more: dict[str, Any], root: str, path: str | None
) -> None:
    event = parse(commented("hm", **more), "pullrequest:comment_created")

    assert event.place is not None
    assert event.place.root_id == root
    assert event.data["path"] == path


def test_quotes_code_and_struck_words_are_nobodys_own() -> None:
    raw = "> @{712020:bot} status\n\n```\n@{712020:bot}\n```\n\n~~@{712020:bot} gone~~\n\nthanks"

    event = parse(commented(raw), "pullrequest:comment_created")

    kinds = [line.kind for line in event.lines]
    assert kinds == [LineKind.QUOTE, LineKind.CODE, LineKind.QUOTE, LineKind.BODY]
    assert event.mentions == ("712020:bot",)
    assert [line.text for line in event.lines][-1] == "thanks"


def test_a_smart_link_names_its_work_item() -> None:
    url = "https://acme.atlassian.net/browse/PAY-7"

    event = parse(
        commented(f"see [{url}]({url}){{: data-inline-card='' }}"), "pullrequest:comment_created"
    )

    assert event.text == f"see {url}"


def test_a_bot_without_an_account_is_addressed_by_its_name() -> None:
    parser = BitbucketParser(AccountId("712020:bot"), "chargehand")

    addressed = parse(commented("@Chargehand status"), "pullrequest:comment_created", parser)
    passed = parse(commented("mail me@chargehand.io"), "pullrequest:comment_created", parser)

    assert addressed.mentions == ("712020:bot",)
    assert passed.mentions == ()


def test_a_pull_request_from_a_fork_says_where_it_comes_from() -> None:
    payload = {"repository": REPOSITORY, "actor": PERSON, "pullrequest": PULL_REQUEST}

    event = parse(payload, "pullrequest:created")

    assert event.kind is EventKind.PULL_REQUEST_OPENED
    assert event.data["source_repository"] == "mei/payments"
    assert event.data["repository"] == "acme/payments"
    assert event.mentions == ("712020:bot",)
    assert event.data["updated_at"] == "2026-11-20T09:10:00.123456+00:00"


@pytest.mark.parametrize(
    ("name", "kind", "key"),
    [
        ("pullrequest:approved", EventKind.PULL_REQUEST_APPROVED, "approved:712020:mei"),
        ("pullrequest:unapproved", EventKind.PULL_REQUEST_UNAPPROVED, "unapproved:712020:mei"),
    ],
)
def test_an_approval_is_told_by_whom_and_when(name: str, kind: EventKind, key: str) -> None:
    approval = {"date": "2026-11-20T09:25:00+00:00", "user": PERSON}
    payload = {"repository": REPOSITORY, "actor": PERSON, "pullrequest": PULL_REQUEST}

    event = parse({**payload, "approval": approval}, name)

    assert event.kind is kind
    assert event.event_key == f"bitbucket:pull:acme/payments:12:{key}:1795166700000"


def test_asking_for_changes_is_a_review() -> None:
    payload = {
        "repository": REPOSITORY,
        "actor": PERSON,
        "pullrequest": PULL_REQUEST,
        "changes_request": {"date": "2026-11-20T09:25:00+00:00", "user": PERSON},
    }

    event = parse(payload, "pullrequest:changes_request_created")

    assert event.kind is EventKind.REVIEW_SUBMITTED
    assert event.data["review_state"] == "changes_requested"


@pytest.mark.parametrize(
    ("name", "kind", "key"),
    [
        ("pr:opened", EventKind.PULL_REQUEST_OPENED, "pull:PAY/payments:12:opened"),
        ("pr:modified", EventKind.PULL_REQUEST_UPDATED, "updated:1795165800000"),
        ("pr:from_ref_updated", EventKind.PULL_REQUEST_UPDATED, "updated:1795165800000"),
        ("pr:reviewer:updated", EventKind.PULL_REQUEST_UPDATED, "updated:1795167000000"),
        ("pr:reviewer:approved", EventKind.PULL_REQUEST_APPROVED, "approved:mei:1795167000000"),
        ("pr:reviewer:unapproved", EventKind.PULL_REQUEST_UNAPPROVED, "mei:1795167000000"),
        ("pr:reviewer:needs_work", EventKind.REVIEW_SUBMITTED, ":changes_requested"),
        ("pr:merged", EventKind.PULL_REQUEST_MERGED, "pull:PAY/payments:12:merged"),
        ("pr:declined", EventKind.PULL_REQUEST_DECLINED, "declined:1795165800000"),
        ("pr:deleted", EventKind.PULL_REQUEST_DECLINED, "declined:1795165800000"),
    ],
)
def test_data_center_tells_the_same(name: str, kind: EventKind, key: str) -> None:
    event = parse(on_data_center(name))

    assert event.kind is kind
    assert event.event_key.endswith(key)
    assert event.place is not None
    assert (event.place.channel_id, event.place.kind) == ("PAY/payments", PlaceKind.PRIVATE)
    assert event.actor.account_id == "mei"


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("pr:comment:added", "created"),
        ("pr:comment:edited", "updated:1795166900000"),
        ("pr:comment:deleted", "deleted"),
    ],
)
def test_a_comment_on_data_center_mentions_by_user_name(name: str, step: str) -> None:
    event = parse(on_data_center(name, comment=DATA_CENTER_COMMENT, commentParentId=43))

    assert event.event_key == f"bitbucket:message:PAY/payments:62:{step}"
    assert event.place is not None
    assert event.place.root_id == "43"
    assert event.data["path"] == "src/pay.py"
    assert str(event.data["url"]).endswith("/pull-requests/12/overview?commentId=62")
    if name != "pr:comment:deleted":
        assert event.mentions == ("bot", "tom_berg")


def test_times_in_words_on_data_center_are_times_as_well() -> None:
    """Some releases write the times of a pull request as ISO 8601."""
    named = {"createdDate": "2026-11-20T09:00:00+0000", "updatedDate": "2026-11-20T20:10:00+1100"}
    payload = on_data_center("pr:modified")
    worded = {**payload, "pullRequest": {**payload["pullRequest"], **named}}

    told, same = parse(payload), parse(worded)

    assert told.event_key == same.event_key
    assert told.occurred_at == same.occurred_at
    assert told.data == same.data


def test_a_push_on_data_center_is_told_in_full() -> None:
    event = parse(DATA_CENTER_PUSH)

    assert event.kind is EventKind.PUSH_RECEIVED
    assert event.data["ref"] == "refs/heads/main"
    assert (event.data["before"], event.data["is_created"]) == (None, True)
    assert event.data["is_forced"] is None


OLD, NEW = "a" * 40, "b" * 40


@pytest.mark.parametrize(
    ("commits", "is_forced"),
    [
        pytest.param([{"id": NEW, "parents": [{"id": OLD}]}], False, id="follows"),
        pytest.param([{"id": NEW, "parents": [{"id": "c" * 40}, {"id": OLD}]}], False, id="merge"),
        pytest.param([{"id": NEW, "parents": [{"id": "c" * 40}]}], True, id="elsewhere"),
        pytest.param([], True, id="set-back"),
        pytest.param([{"id": f"{n}" * 40, "parents": []} for n in range(1, 6)], None, id="cut"),
        pytest.param(None, None, id="older-release"),
    ],
)
def test_a_forced_push_on_data_center_is_seen_by_its_commits(
    commits: list[Any] | None,
    is_forced: bool | None,  # noqa: FBT001 - of the table above.
) -> None:
    change = {**DATA_CENTER_PUSH["changes"][0], "fromHash": OLD, "toHash": NEW, "type": "UPDATE"}
    told = {} if commits is None else {"commits": commits}

    event = parse({**DATA_CENTER_PUSH, "changes": [change], **told})

    assert event.data["is_forced"] is is_forced


@pytest.mark.parametrize("name", ["pr:deleted", "pr:declined", "pr:merged"])
def test_what_is_over_is_not_open(name: str) -> None:
    """Of a pull request that was deleted Data Center says how it was before."""
    event = parse(on_data_center(name))

    assert event.data["state"] == ("merged" if name == "pr:merged" else "declined")


def test_a_test_of_the_connection_is_a_ping() -> None:
    assert parse({"test": True}, "diagnostics:ping").kind is EventKind.CONNECTION_PINGED
    assert parse({"test": True}).kind is EventKind.CONNECTION_PINGED


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("repo:updated", "unused_event"),
        ("issue:created", "unused_event"),
        ("repo:comment:added", "unused_event"),
        ("pullrequest:dreamt", "unknown_event"),
        ("", "no_event_name"),
    ],
)
def test_what_nothing_is_made_of_says_why(name: str, reason: str) -> None:
    event = parse({"repository": REPOSITORY}, name)

    assert (event.kind, event.data["reason"]) == (EventKind.UNSUPPORTED, reason)


def test_what_is_no_json_says_so() -> None:
    assert parse_bytes(b"{", "repo:push").data["reason"] == "not_json"
    assert parse_bytes(b"[]", "repo:push").data["reason"] == "not_an_object"
