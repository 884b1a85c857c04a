"""Every captured Jira payload is exactly one event; the captures stay outside the repository."""

from pathlib import Path

import pytest

from chargehand.connectors.jira.text.wiki import read_wiki
from chargehand.domain.event import ActorKind, EventKind, VisibilityKind
from tests.connectors.jira.reading.samples import CONTRACTS, RECEIVED_AT, parse_bytes

WEBHOOKS = CONTRACTS / "jira" / "webhooks"
CREATED, UPDATED = EventKind.WORK_ITEM_CREATED, EventKind.WORK_ITEM_UPDATED
TABLE: dict[str, tuple[EventKind, str, str | None]] = {
    "mattermost/webhook-cloud-comment-created-mention-user.json": (
        EventKind.COMMENT_CREATED,
        "comment:10019:created",
        "TES-41",
    ),
    "mattermost/webhook-cloud-comment-created.json": (
        EventKind.COMMENT_CREATED,
        "comment:10019:created",
        "TES-41",
    ),
    "mattermost/webhook-cloud-comment-deleted.json": (
        EventKind.COMMENT_DELETED,
        "comment:10757:deleted",
        "KT-7",
    ),
    "mattermost/webhook-cloud-comment-updated.json": (
        EventKind.COMMENT_UPDATED,
        "comment:10019:updated:1550286728432",
        "TES-41",
    ),
    "mattermost/webhook-cloud-issue-created-many-fields.json": (
        CREATED,
        "issue:10509:created",
        "KT-22",
    ),
    "mattermost/webhook-cloud-issue-updated-custom-field.json": (
        UPDATED,
        "issue:10368:changelog:11479",
        "TES-14",
    ),
    "mattermost/webhook-issue-assigned-empty-changelog.json": (
        UPDATED,
        "issue:10001:changelog:10500",
        "TEST-123",
    ),
    "mattermost/webhook-issue-comment-created-indentation.json": (
        EventKind.COMMENT_CREATED,
        "comment:10503:created",
        "TEST-4",
    ),
    "mattermost/webhook-issue-created-no-description-nor-relevant-fields.json": (
        CREATED,
        "issue:10040:created",
        "TES-41",
    ),
    "mattermost/webhook-issue-created-no-description.json": (
        CREATED,
        "issue:10040:created",
        "TES-41",
    ),
    "mattermost/webhook-issue-created-no-relevant-fields.json": (
        CREATED,
        "issue:10040:created",
        "TES-41",
    ),
    "mattermost/webhook-issue-created-with-security-level.json": (
        CREATED,
        "issue:10040:created",
        "TES-41",
    ),
    "mattermost/webhook-issue-created.json": (CREATED, "issue:10040:created", "TES-41"),
    "mattermost/webhook-issue-deleted.json": (
        EventKind.WORK_ITEM_DELETED,
        "issue:10303:deleted",
        "IDT-19",
    ),
    "mattermost/webhook-issue-updated-assigned-nobody.json": (
        UPDATED,
        "issue:10040:changelog:10231",
        "TES-41",
    ),
    "mattermost/webhook-issue-updated-assigned.json": (
        UPDATED,
        "issue:10040:changelog:10230",
        "TES-41",
    ),
    "mattermost/webhook-issue-updated-attachments.json": (
        UPDATED,
        "issue:10040:changelog:10233",
        "TES-41",
    ),
    "mattermost/webhook-issue-updated-components.json": (
        UPDATED,
        "issue:10360:changelog:12849",
        "TES-10",
    ),
    "mattermost/webhook-issue-updated-edited.json": (
        UPDATED,
        "issue:10040:changelog:10225",
        "TES-41",
    ),
    "mattermost/webhook-issue-updated-fix-version.json": (
        UPDATED,
        "issue:10040:changelog:11151",
        "TES-41",
    ),
    "mattermost/webhook-issue-updated-issue-type.json": (
        UPDATED,
        "issue:10040:changelog:11149",
        "TES-41",
    ),
    "mattermost/webhook-issue-updated-labels.json": (
        UPDATED,
        "issue:10040:changelog:10233",
        "TES-41",
    ),
    "mattermost/webhook-issue-updated-lowered-priority.json": (
        UPDATED,
        "issue:10040:changelog:10234",
        "TES-41",
    ),
    "mattermost/webhook-issue-updated-multiple-custom-fields.json": (
        UPDATED,
        "issue:10040:changelog:10233",
        "TES-41",
    ),
    "mattermost/webhook-issue-updated-multiple-values.json": (
        UPDATED,
        "issue:10040:changelog:11151",
        "TES-41",
    ),
    "mattermost/webhook-issue-updated-raised-priority.json": (
        UPDATED,
        "issue:10040:changelog:10235",
        "TES-41",
    ),
    "mattermost/webhook-issue-updated-rank.json": (
        UPDATED,
        "issue:10040:changelog:10233",
        "TES-41",
    ),
    "mattermost/webhook-issue-updated-renamed.json": (
        UPDATED,
        "issue:10040:changelog:10224",
        "TES-41",
    ),
    "mattermost/webhook-issue-updated-reopened-one-changelog.json": (
        UPDATED,
        "issue:10040:changelog:10229",
        "TES-41",
    ),
    "mattermost/webhook-issue-updated-reopened.json": (
        UPDATED,
        "issue:10040:changelog:10229",
        "TES-41",
    ),
    "mattermost/webhook-issue-updated-resolved-one-changelog.json": (
        UPDATED,
        "issue:10040:changelog:10228",
        "TES-41",
    ),
    "mattermost/webhook-issue-updated-resolved.json": (
        UPDATED,
        "issue:10040:changelog:10228",
        "TES-41",
    ),
    "mattermost/webhook-issue-updated-sprint.json": (
        UPDATED,
        "issue:10040:changelog:10233",
        "TES-41",
    ),
    "mattermost/webhook-issue-updated-started-working.json": (
        UPDATED,
        "issue:10040:changelog:10227",
        "TES-41",
    ),
    "zulip/comment_created_with_account_mention.json": (
        EventKind.COMMENT_CREATED,
        "comment:10003:created",
        "SB-1",
    ),
    "zulip/worklog_created.json": (EventKind.WORKLOG_CREATED, "worklog:10066:created", None),
}
CAPTURES = sorted(path.relative_to(WEBHOOKS).as_posix() for path in WEBHOOKS.rglob("*.json"))
pytestmark = [pytest.mark.contract]


@pytest.fixture
def capture_folder() -> Path:
    if not WEBHOOKS.is_dir():
        pytest.skip(f"no captures: {WEBHOOKS.name} is missing; set CHARGEHAND_CONTRACTS")
    return WEBHOOKS


@pytest.mark.parametrize("capture", sorted(TABLE))
def test_capture_is_exactly_the_expected_event(capture: str, capture_folder: Path) -> None:
    kind, key, work_item = TABLE[capture]

    event = parse_bytes((capture_folder / capture).read_bytes())

    assert (event.kind, event.work_item) == (kind, work_item)
    assert event.event_key == f"jira-main:{key}"
    assert event.occurred_at != RECEIVED_AT
    assert event.actor.kind is ActorKind.PERSON
    assert event.visibility.kind is VisibilityKind.EVERYONE


def test_table_names_every_capture(capture_folder: Path) -> None:
    assert sorted(TABLE) == CAPTURES
    assert len(CAPTURES) == 36


def test_captured_mentions_are_accounts(capture_folder: Path) -> None:
    body = (capture_folder / "zulip" / "comment_created_with_account_mention.json").read_bytes()

    event = parse_bytes(body)

    assert event.mentions == ("619a4432ebce470067f20384", "63a22fb348b367d78a14c15b")
    assert event.actor.time_zone == "Asia/Jakarta"


def test_captured_old_accounts_are_usernames(capture_folder: Path) -> None:
    name = "mattermost/webhook-cloud-comment-created-mention-user.json"

    event = parse_bytes((capture_folder / name).read_bytes())

    assert event.mentions
    assert read_wiki(event.text or "").was_cut is False
