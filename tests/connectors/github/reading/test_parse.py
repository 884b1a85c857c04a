"""Every payload means one event, known by the same key whichever way it came."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest

from chargehand.domain.event import ActorKind, EventKind, PlaceKind
from chargehand.domain.text import LineKind
from tests.connectors.github.reading.samples import (
    NAMES,
    event_of,
    load,
    parse,
    parse_bytes,
    parse_fixture,
)

EXPECTED = {
    "check_run__failed": ("check.completed", "check:acme/payments:run-41:failed:1795170000000"),
    "installation__suspend": ("unsupported", "delivery:d-1"),
    "issue_comment__deleted": ("comment.deleted", "message:acme/payments:issue-991:deleted"),
    "issue_comment__edited": (
        "comment.updated",
        "message:acme/payments:issue-992:updated:1795169100000",
    ),
    "issue_comment__mention": ("comment.created", "message:acme/payments:issue-991:created"),
    "issue_comment__outsider": ("comment.created", "message:acme/sdk:issue-993:created"),
    "issues__labeled": ("work_item.updated", "issue:acme/payments:7:updated:1795167000000"),
    "issues__opened": ("work_item.created", "issue:acme/payments:7:created"),
    "ping__hook": ("connection.pinged", "delivery:d-1"),
    "pull_request__declined": (
        "pull_request.declined",
        "pull:acme/payments:12:declined:1795172400000",
    ),
    "pull_request__fork": ("pull_request.opened", "pull:acme/sdk:4:opened"),
    "pull_request__fork_gone": ("pull_request.updated", f"pull:acme/sdk:4:updated:{'d' * 40}"),
    "pull_request__merged": ("pull_request.merged", "pull:acme/payments:12:merged"),
    "pull_request__opened": ("pull_request.opened", "pull:acme/payments:12:opened"),
    "pull_request__review_requested": (
        "pull_request.updated",
        "pull:acme/payments:12:updated:1795169400000",
    ),
    "pull_request_review__approved": ("review.submitted", "review:acme/payments:31:approved"),
    "pull_request_review__dismissed": ("review.submitted", "review:acme/payments:31:dismissed"),
    "pull_request_review_comment__first": (
        "comment.created",
        "message:acme/payments:review-17:created",
    ),
    "pull_request_review_comment__reply": (
        "comment.created",
        "message:acme/payments:review-18:created",
    ),
    "push__branch": (
        "push.received",
        f"push:acme/payments:refs/heads/PAY-7-retry:{'1' * 40}:{'2' * 40}",
    ),
    "push__deleted_branch": (
        "push.received",
        f"push:acme/payments:refs/heads/PAY-7-retry:{'3' * 40}:{'0' * 40}",
    ),
    "push__forced": (
        "push.received",
        f"push:acme/payments:refs/heads/PAY-7-retry:{'2' * 40}:{'3' * 40}",
    ),
    "push__tag": ("push.received", f"push:acme/payments:refs/tags/v1.2:{'0' * 40}:{'3' * 40}"),
    "release__published": ("release.published", "release:acme/payments:71:published"),
    "status__success": ("check.completed", "check:acme/payments:status-55:passed"),
    "watch__started": ("unsupported", "delivery:d-1"),
    "workflow_run__completed": ("workflow_run.completed", "workflow_run:acme/payments:61:2"),
}


@pytest.mark.parametrize("name", NAMES)
def test_each_payload_is_one_event_with_its_key(name: str) -> None:
    event = parse_fixture(name)

    kind, key = EXPECTED[name]
    assert (event.kind.value, event.event_key) == (kind, f"github-main:{key}")
    assert (event.project, event.work_item) == (None, None)


def test_a_mention_is_the_writers_own_and_the_bots_app_knows_itself() -> None:
    event = parse_fixture("issue_comment__mention")

    assert [(line.kind, line.text) for line in event.lines] == [
        (LineKind.QUOTE, "@someone else said"),
        (LineKind.BODY, "@chargehand status PAY-7"),
        (LineKind.CODE, "@tom-berg in code"),
    ]
    # People write @chargehand; the App's account is chargehand[bot].
    assert event.mentions == ("someone", "chargehand[bot]")
    assert (event.actor.account_id, event.actor.kind) == ("tom-berg", ActorKind.PERSON)
    assert event.occurred_at == datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    place = event.place
    assert place is not None
    assert (place.channel_id, place.kind) == ("acme/payments", PlaceKind.PRIVATE)
    assert (place.thread_id, place.message_id, place.root_id) == ("pull/12", "issue-991", None)
    assert (event.data["number"], event.data["comment_id"]) == (12, "issue-991")


def test_a_login_is_compared_in_lower_case() -> None:
    event = parse_fixture("issues__opened")

    assert (event.actor.account_id, event.actor.name) == ("mei-tanaka", "Mei-Tanaka")


def test_an_inline_conversation_hangs_on_its_first_comment() -> None:
    first, reply = (
        parse_fixture("pull_request_review_comment__first"),
        parse_fixture("pull_request_review_comment__reply"),
    )

    assert first.place is not None
    assert reply.place is not None
    assert (first.place.message_id, first.place.root_id) == ("review-17", "review-17")
    assert (reply.place.message_id, reply.place.root_id) == ("review-18", "review-17")
    assert (reply.data["path"], reply.data["line"]) == ("src/retry.py", 14)
    assert reply.data["source_branch"] == "PAY-7-retry"
    # What stands in code mentions nobody.
    assert first.mentions == ("mei-tanaka",)


def test_who_was_never_let_in_is_an_outsider() -> None:
    comment, pull = parse_fixture("issue_comment__outsider"), parse_fixture("pull_request__fork")

    assert comment.place is not None
    assert pull.place is not None
    assert (comment.place.is_outsider, comment.place.kind) == (True, PlaceKind.PUBLIC)
    assert comment.mentions == ("chargehand[bot]",)
    assert pull.place.is_outsider
    assert pull.data["source_repository"] == "drive-by/sdk"
    assert pull.text == ""


def test_a_pull_request_from_a_fork_that_is_gone_is_still_told_of() -> None:
    event = parse_fixture("pull_request__fork_gone")

    assert event.kind is EventKind.PULL_REQUEST_UPDATED
    assert event.data["source_repository"] is None
    assert event.data["head_commit"] == "d" * 40


def test_a_pull_request_carries_what_the_flow_needs() -> None:
    event = parse_fixture("pull_request__opened")

    assert event.mentions == ("chargehand[bot]",)
    assert event.place is not None
    assert (event.place.thread_id, event.place.message_id) == ("pull/12", None)
    assert event.data == {
        "repository": "acme/payments",
        "number": 12,
        "title": "PAY-7 Retry declined cards",
        "url": "https://github.com/acme/payments/pull/12",
        "state": "open",
        "is_draft": False,
        "is_private": True,
        "source_branch": "PAY-7-retry",
        "source_repository": "acme/payments",
        "target_branch": "main",
        "head_commit": "a" * 40,
        "author_id": "mei-tanaka",
        "author_name": "Mei-Tanaka",
        "author_number": 501,
        "description": "Retries once.\n@chargehand status PAY-7",
        "updated_at": "2026-11-20T10:00:00Z",
        "reviewers": [{"id": "tom-berg", "name": "tom-berg", "number": 502, "state": "waiting"}],
        "change": "opened",
    }


def test_a_review_says_what_it_found_and_who_took_it_back() -> None:
    approved, dismissed = (
        parse_fixture("pull_request_review__approved"),
        parse_fixture("pull_request_review__dismissed"),
    )

    assert (approved.actor.account_id, dismissed.actor.account_id) == ("tom-berg", "mei-tanaka")
    assert (approved.data["review_state"], dismissed.data["review_state"]) == (
        "approved",
        "dismissed",
    )
    assert approved.text == "Good. @chargehand[bot] status PAY-7"
    assert dismissed.data["reviewer_id"] == "tom-berg"


def test_a_push_says_what_it_did_to_its_branch() -> None:
    pushed, forced = parse_fixture("push__branch"), parse_fixture("push__forced")
    deleted, tagged = parse_fixture("push__deleted_branch"), parse_fixture("push__tag")

    assert pushed.data["commits"] == [
        {
            "id": f"{number:040x}",
            "message": f"PAY-7 Step {number}",
            "url": f"https://github.com/acme/payments/commit/{number:040x}",
            "author_name": "Mei Tanaka",
            "author_id": "mei-tanaka",
        }
        for number in (1, 2)
    ]
    assert (forced.data["is_forced"], deleted.data["is_deleted"]) == (True, True)
    assert (tagged.data["ref_kind"], tagged.data["name"]) == ("tag", "v1.2")


def test_a_check_says_how_it_ended() -> None:
    check, status = parse_fixture("check_run__failed"), parse_fixture("status__success")

    assert (check.data["name"], check.data["state"]) == ("unit tests", "failed")
    assert (check.data["pull_requests"], check.data["branch"]) == ([12], "PAY-7-retry")
    assert (status.data["name"], status.data["state"]) == ("ci/build", "passed")


def test_an_app_that_was_taken_away_says_so() -> None:
    assert parse_fixture("installation__suspend").data["reason"] == "access_revoked"


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("watch")])
def test_the_event_is_known_by_its_shape_where_nothing_names_it(name: str) -> None:
    body = json.dumps(load(name)).encode()

    assert parse_bytes(body) == parse_bytes(body, event_of(name))


def test_a_form_means_what_its_json_means() -> None:
    payload = load("issue_comment__mention")
    form = urlencode({"payload": json.dumps(payload)}).encode()

    assert parse_bytes(form, "issue_comment") == parse(payload, "issue_comment")


@pytest.mark.parametrize("event", ["user", "enterprise", "cache_sync", "dismissal_request_x"])
def test_events_of_a_whole_server_are_known_to_be_of_no_use(event: str) -> None:
    reason = "unknown_event" if event.endswith("_x") else "unused_event"

    assert parse({"action": "created", "sender": {}}, event).data["reason"] == reason


@pytest.mark.contract
def test_every_payload_of_the_contract_is_one_event(contracts: Path) -> None:
    """GitHub's own examples, each named by its folder; and the command line reads them alike."""
    files = sorted((contracts / "github" / "webhooks").rglob("*.json"))

    found = [parse_bytes(one.read_bytes(), one.parent.name) for one in files]
    reasons = {one.data["reason"] for one in found if one.kind is EventKind.UNSUPPORTED}
    lines = subprocess.run(
        [sys.executable, "-m", "chargehand", "events", "parse", "--connector", "github", *files],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert len(files) == 119
    assert reasons == {"access_revoked", "unused_event"}
    assert len(lines) == len(files)
    assert sum(one.kind is not EventKind.UNSUPPORTED for one in found) == 51
