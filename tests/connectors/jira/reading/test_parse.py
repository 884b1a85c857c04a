import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from chargehand.domain.event import (
    EVERYONE,
    ActorKind,
    EventKind,
    Visibility,
    VisibilityKind,
)
from chargehand.domain.text import LineKind
from tests.connectors.jira.reading.samples import (
    ASKER,
    BOT,
    EDITOR,
    RECEIVED_AT,
    load,
    parse,
    parse_bytes,
    parse_fixture,
)

ABSENT = object()


def changed(fixture: str, **values: Any) -> Any:
    """The fixture with fields replaced; `__` goes one level down, ABSENT removes."""
    payload = copy.deepcopy(load(fixture))
    for path, value in values.items():
        *parents, last = path.split("__")
        place = payload
        for parent in parents:
            place = place[parent]
        if value is ABSENT:
            place.pop(last, None)
        else:
            place[last] = value
    return payload


def test_comment_is_read_whole() -> None:
    event = parse_fixture("comment_created__mention")

    assert event.kind is EventKind.COMMENT_CREATED
    assert event.event_key == "jira-main:comment:20001:created"
    assert (event.connector, event.connection_id) == ("jira", "jira-main")
    assert event.occurred_at == datetime(2026, 11, 16, 9, 2, 3, 123000, tzinfo=UTC)
    assert (event.project, event.work_item) == ("ATLAS", "ATLAS-7")
    assert event.actor.account_id == ASKER
    assert (event.actor.name, event.actor.kind) == ("Example Asker", ActorKind.PERSON)
    assert event.actor.time_zone == "Europe/Berlin"
    assert event.text == f"@{BOT} what is blocking this?"
    assert event.mentions == (BOT,)
    assert event.visibility == EVERYONE
    assert event.data == {
        "comment_id": "20001",
        "issue_id": "10007",
        "created_at": "2026-11-16T09:02:03.123000+00:00",
        "updated_at": "2026-11-16T09:02:03.123000+00:00",
        "updated_ms": 1794819723123,
        "project_type": "software",
        "jsd_public": True,
        "visibility_state": "told",
        "text_state": "read",
        "title": "Export fails for large projects",
    }


@pytest.mark.parametrize(
    ("comment", "change", "kind", "key"),
    [
        pytest.param(
            "comment_created__mention",
            "issue_updated__commented",
            EventKind.COMMENT_CREATED,
            "jira-main:comment:20001:created",
            id="created",
        ),
        pytest.param(
            "comment_updated__mention_added",
            "issue_updated__comment_edited",
            EventKind.COMMENT_UPDATED,
            "jira-main:comment:20001:updated:1794820200500",
            id="updated",
        ),
        pytest.param(
            "comment_deleted__by_other",
            "issue_updated__comment_deleted",
            EventKind.COMMENT_DELETED,
            "jira-main:comment:20001:deleted",
            id="deleted",
        ),
    ],
)
def test_comment_told_twice_is_one_event(
    comment: str, change: str, kind: EventKind, key: str
) -> None:
    first, second = parse_fixture(comment), parse_fixture(change)

    assert first.kind is second.kind is kind
    assert first.event_key == second.event_key == key
    assert first.mentions == second.mentions == (BOT,)
    assert first.actor == second.actor


def test_edited_comment_names_its_editor_and_their_time() -> None:
    event = parse_fixture("comment_updated__mention_added")

    assert event.actor.account_id == EDITOR
    assert event.occurred_at == datetime(2026, 11, 16, 9, 10, 0, 500000, tzinfo=UTC)


def test_deleted_comment_names_who_deleted_it_and_when() -> None:
    event = parse_fixture("comment_deleted__by_other")

    assert event.actor.account_id == EDITOR
    assert event.occurred_at == datetime(2026, 11, 16, 9, 17, 3, 200000, tzinfo=UTC)


def test_comment_saved_with_a_change_is_a_change() -> None:
    payload = load("issue_updated__commented") | {
        "changelog": load("issue_updated__status")["changelog"]
    }

    event = parse(payload)

    assert event.kind is EventKind.WORK_ITEM_UPDATED
    assert event.event_key == "jira-main:issue:10007:changelog:30002"
    assert event.data["comment_id"] == "20001"


def test_changed_work_item_lists_its_changes() -> None:
    event = parse_fixture("issue_updated__status")

    assert event.kind is EventKind.WORK_ITEM_UPDATED
    assert event.event_key == "jira-main:issue:10007:changelog:30002"
    assert event.occurred_at == datetime(2026, 11, 16, 9, 3, 3, 200000, tzinfo=UTC)
    assert event.actor.account_id == EDITOR
    assert event.data["changelog"] == [
        {
            "field": "status",
            "field_id": "status",
            "from": "10007",
            "to": "10008",
            "from_text": "In Progress",
            "to_text": "Done",
        },
        {
            "field": "resolution",
            "field_id": "resolution",
            "from": None,
            "to": "10000",
            "from_text": None,
            "to_text": "Done",
        },
    ]
    assert event.data["assignee"] == ASKER
    assert event.data["title"] == "Export fails for large projects"
    assert event.data["status"] == "In Progress"


def test_unchanged_description_mentions_nobody_again() -> None:
    payload = load("issue_updated__status")
    payload["changelog"]["items"][1]["field"] = "description"

    repeated, edited = parse_fixture("issue_updated__status"), parse(payload)

    assert (repeated.text, repeated.mentions) == (None, ())
    assert edited.mentions == (BOT,)


def test_new_work_item_carries_its_description() -> None:
    event = parse_fixture("issue_created__mention_in_description")

    assert event.kind is EventKind.WORK_ITEM_CREATED
    assert event.event_key == "jira-main:issue:10007:created"
    assert event.mentions == (BOT,)
    assert event.text is not None
    assert event.text.startswith("Goal\n")
    assert event.data["security_level"] == "Board only"


def test_deleted_work_item_has_a_key_of_its_own() -> None:
    event = parse_fixture("issue_deleted__plain")

    assert event.kind is EventKind.WORK_ITEM_DELETED
    assert event.event_key == "jira-main:issue:10007:deleted"


def test_change_without_changelog_is_told_apart_by_time() -> None:
    event = parse(changed("issue_updated__status", changelog=ABSENT))

    assert event.event_key == "jira-main:issue:10007:updated:1794819783200"


def test_change_without_changelog_and_time_is_told_apart_by_delivery() -> None:
    event = parse(changed("issue_updated__status", changelog=ABSENT, timestamp=ABSENT))

    assert event.event_key == "jira-main:issue:10007:updated:d-1"
    assert event.occurred_at == RECEIVED_AT


def test_many_changes_are_cut_and_say_so() -> None:
    payload = load("issue_updated__status")
    payload["changelog"]["items"] = [{"field": "labels", "toString": "x" * 9_000}] * 101

    data = parse(payload).data

    assert isinstance(data["changelog"], list)
    assert len(data["changelog"]) == 100
    assert data["changelog_cut"] is True
    assert len(data["changelog"][0]["to_text"]) == 500


@pytest.mark.parametrize(
    ("name", "kind", "key"),
    [
        ("worklog_created", EventKind.WORKLOG_CREATED, "jira-main:worklog:40001:created"),
        (
            "worklog_updated",
            EventKind.WORKLOG_UPDATED,
            "jira-main:worklog:40001:updated:1794819728200",
        ),
        ("worklog_deleted", EventKind.WORKLOG_DELETED, "jira-main:worklog:40001:deleted"),
    ],
)
def test_worklog_names_its_issue_by_id_only(name: str, kind: EventKind, key: str) -> None:
    event = parse(changed("worklog_created__with_comment", webhookEvent=name))

    assert (event.kind, event.event_key) == (kind, key)
    assert (event.project, event.work_item) == (None, None)
    assert event.data["issue_id"] == "10007"
    assert event.data["spent_s"] == 7200
    assert event.mentions == (ASKER,)


@pytest.mark.parametrize(
    ("name", "kind", "key"),
    [
        ("sprint_created", EventKind.SPRINT_CREATED, "jira-main:sprint:12:created"),
        ("sprint_updated", EventKind.SPRINT_UPDATED, "jira-main:sprint:12:updated:1794819729200"),
        ("sprint_started", EventKind.SPRINT_STARTED, "jira-main:sprint:12:started"),
        ("sprint_closed", EventKind.SPRINT_CLOSED, "jira-main:sprint:12:closed"),
        ("sprint_deleted", EventKind.SPRINT_DELETED, "jira-main:sprint:12:deleted"),
    ],
)
def test_sprint_carries_its_dates_and_board(name: str, kind: EventKind, key: str) -> None:
    event = parse(changed("sprint_started__plain", webhookEvent=name))

    assert (event.kind, event.event_key) == (kind, key)
    assert event.actor.kind is ActorKind.ANONYMOUS
    assert event.data == {
        "sprint_id": "12",
        "name": "Atlas 12",
        "state": "active",
        "goal": "Exports of any size",
        "board_id": "5",
        "starts_at": "2026-11-16T09:00:00+00:00",
        "ends_at": "2026-11-30T09:00:00+00:00",
        "activated_at": "2026-11-16T09:02:09.200000+00:00",
        "completed_at": None,
    }


ROLE = Visibility(VisibilityKind.ROLE, "Developers", "10012")
INTERNAL = Visibility(VisibilityKind.INTERNAL)
CUSTOMER = Visibility(VisibilityKind.CUSTOMER)


@pytest.mark.parametrize(
    ("fixture", "values", "visibility", "state"),
    [
        pytest.param("comment_created__mention", {}, EVERYONE, "told", id="ordinary-public"),
        pytest.param("issue_updated__commented", {}, EVERYONE, "told", id="ordinary-no-flag"),
        pytest.param("comment_created__role", {}, ROLE, "told", id="role"),
        pytest.param(
            "comment_created__role",
            {"comment__visibility": {"type": "group", "value": "staff", "identifier": None}},
            Visibility(VisibilityKind.GROUP, "staff"),
            "told",
            id="group",
        ),
        pytest.param("comment_created__service_internal", {}, INTERNAL, "told", id="internal"),
        pytest.param("comment_created__service_customer", {}, CUSTOMER, "told", id="customer"),
        pytest.param(
            "comment_created__service_customer",
            {"comment__jsdPublic": ABSENT},
            INTERNAL,
            "assumed",
            id="service-no-flag",
        ),
        pytest.param(
            "comment_created__service_customer",
            {"comment__jsdPublic": "true"},
            INTERNAL,
            "unreadable",
            id="flag-of-wrong-type",
        ),
        pytest.param(
            "comment_created__role",
            {"comment__visibility__type": "team"},
            Visibility(VisibilityKind.GROUP, "Developers", "10012"),
            "unreadable",
            id="unknown-type",
        ),
        pytest.param(
            "comment_created__role",
            {"comment__visibility": "Developers"},
            Visibility(VisibilityKind.GROUP, "Developers"),
            "unreadable",
            id="not-an-object",
        ),
        pytest.param(
            "comment_created__role",
            {"comment__visibility": {"type": "role"}},
            Visibility(VisibilityKind.ROLE),
            "unreadable",
            id="role-without-name",
        ),
        pytest.param(
            "comment_created__service_internal",
            {"comment__visibility": {"type": "role", "value": "Developers", "identifier": "10012"}},
            ROLE,
            "told",
            id="role-is-narrower-than-internal",
        ),
    ],
)
def test_visibility_is_read_the_narrow_way(
    fixture: str, values: dict[str, Any], visibility: Visibility, state: str
) -> None:
    event = parse(changed(fixture, **values))

    assert event.visibility == visibility
    assert event.data["visibility_state"] == state


@pytest.mark.parametrize(
    ("fixture", "values", "account_id", "kind"),
    [
        pytest.param("comment_created__app", {}, "557058:app-1", ActorKind.BOT, id="app"),
        pytest.param(
            "comment_created__service_customer",
            {},
            "qm:00000000-0000-4000-8000-000000000001:c1",
            ActorKind.CUSTOMER,
            id="customer",
        ),
        pytest.param(
            "comment_created__old_server", {}, "asker", ActorKind.PERSON, id="old-server-key"
        ),
        pytest.param(
            "comment_created__mention",
            {"comment__author": None},
            None,
            ActorKind.ANONYMOUS,
            id="no-author",
        ),
        pytest.param(
            "comment_created__mention",
            {"comment__author": {"displayName": "Somebody"}},
            None,
            ActorKind.ANONYMOUS,
            id="author-without-account",
        ),
        pytest.param(
            "issue_updated__commented",
            {"comment__author": None},
            ASKER,
            ActorKind.PERSON,
            id="user-of-the-payload",
        ),
    ],
)
def test_actor_is_who_jira_names(
    fixture: str, values: dict[str, Any], account_id: str | None, kind: ActorKind
) -> None:
    actor = parse(changed(fixture, **values)).actor

    assert (actor.account_id, actor.kind) == (account_id, kind)


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "../../etc/passwd", "America", "", 5, None, "\ud800"], ids=repr
)
def test_unknown_time_zone_is_none(name: object) -> None:
    event = parse(changed("comment_created__mention", comment__author__timeZone=name))

    assert event.actor.time_zone is None


@pytest.mark.parametrize(
    ("created", "timestamp", "expected"),
    [
        pytest.param(
            "2024-07-31T14:38:13.985+0700",
            1,
            datetime(2024, 7, 31, 7, 38, 13, 985000, tzinfo=UTC),
            id="no-colon",
        ),
        pytest.param(
            "2024-07-31T14:38:13.985+0000",
            1,
            datetime(2024, 7, 31, 14, 38, 13, 985000, tzinfo=UTC),
            id="utc",
        ),
        pytest.param(
            "2024-07-31T14:38:13", 0, datetime(1970, 1, 1, tzinfo=UTC), id="no-zone-is-no-time"
        ),
        pytest.param(
            "0001-01-01T00:00:00.000+0700", 0, datetime(1970, 1, 1, tzinfo=UTC), id="before-year-1"
        ),
        pytest.param("yesterday", 10**18, RECEIVED_AT, id="beyond-the-calendar"),
        pytest.param("yesterday", 10**4_000, RECEIVED_AT, id="huge-number"),
        pytest.param("yesterday", True, RECEIVED_AT, id="boolean"),
        pytest.param("yesterday", 1.5e308, RECEIVED_AT, id="float"),
        pytest.param(
            "yesterday", "1000", datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), id="number-as-text"
        ),
        pytest.param(None, None, RECEIVED_AT, id="nothing"),
    ],
)
def test_time_is_the_vendors_where_it_can_be_read(
    created: object, timestamp: object, expected: datetime
) -> None:
    payload = changed("comment_created__mention", comment__created=created, timestamp=timestamp)

    assert parse(payload).occurred_at == expected


@pytest.mark.parametrize(
    ("values", "project", "work_item"),
    [
        pytest.param({"issue__fields__project": ABSENT}, "ATLAS", "ATLAS-7", id="from-issue-key"),
        pytest.param({"issue__fields": None}, "ATLAS", "ATLAS-7", id="no-fields"),
        pytest.param({"issue__key": "nonsense"}, "ATLAS", None, id="key-is-no-key"),
        pytest.param({"issue__key": "\u0410-1", "issue__fields": 1}, None, None, id="look-alike"),
        pytest.param({"issue": [1]}, None, None, id="no-issue"),
    ],
)
def test_project_and_work_item_are_keys_or_nothing(
    values: dict[str, Any], project: str | None, work_item: str | None
) -> None:
    event = parse(changed("comment_created__mention", **values))

    assert (event.project, event.work_item) == (project, work_item)


def test_adf_comment_is_read_like_markup() -> None:
    event = parse_fixture("comment_created__adf")

    assert event.mentions == (BOT,)
    assert [(line.kind, line.text) for line in event.lines] == [
        (LineKind.BODY, "@chargehand who is on this?"),
        (LineKind.QUOTE, "transition to Done"),
    ]


@pytest.mark.parametrize("body", [None, 5, True, ["x"]], ids=repr)
def test_comment_without_readable_words_is_still_that_comment(body: object) -> None:
    event = parse(changed("comment_created__mention", comment__body=body))

    assert event.kind is EventKind.COMMENT_CREATED
    assert (event.text, event.lines, event.mentions) == (None, (), ())
    assert event.data["text_state"] == "unreadable"


def test_longest_comment_is_kept_whole_and_a_longer_one_says_it_was_cut() -> None:
    longest = parse(changed("comment_created__mention", comment__body="word " * 6_553))
    longer = parse(changed("comment_created__mention", comment__body="x" * 200_000))

    assert longest.text == ("word " * 6_553).strip()
    assert longest.data["text_state"] == "read"
    assert longer.text == "x" * 131_072
    assert longer.data["text_state"] == "cut"


def test_half_a_surrogate_pair_costs_only_itself() -> None:
    body = b'{"webhookEvent":"comment_created","comment":{"id":"1","body":"cut \\ud83d off"}}'

    event = parse_bytes(body)

    assert event.kind is EventKind.COMMENT_CREATED
    assert event.text == "cut  off"


@pytest.mark.parametrize(
    ("body", "reason", "name"),
    [
        pytest.param(b"", "not_json", None, id="empty"),
        pytest.param(b'{"webhookEvent":"comment_cre', "not_json", None, id="truncated"),
        pytest.param(b"\xff\xfe\x00", "not_json", None, id="not-text"),
        pytest.param(b"[" * 100_000, "not_json", None, id="deep"),
        pytest.param(b'{"a":' * 100_000, "not_json", None, id="deep-objects"),
        pytest.param(b"[" + b"9" * 5_000 + b"]", "not_json", None, id="number-nobody-reads"),
        pytest.param(b"[]", "not_an_object", None, id="array"),
        pytest.param(b"null", "not_an_object", None, id="null"),
        pytest.param(b'"comment_created"', "not_an_object", None, id="text"),
        pytest.param(b"{}", "no_event_name", None, id="no-name"),
        pytest.param(b'{"webhookEvent":7}', "no_event_name", None, id="name-is-a-number"),
        pytest.param(
            b'{"webhookEvent":"comment_created"}', "incomplete", "comment_created", id="no-comment"
        ),
        pytest.param(
            b'{"webhookEvent":"comment_created","comment":{"id":"a:b"}}',
            "incomplete",
            "comment_created",
            id="id-would-break-the-key",
        ),
        pytest.param(
            b'{"webhookEvent":"jira:issue_deleted","issue":{"key":"A-1"}}',
            "incomplete",
            "jira:issue_deleted",
            id="issue-without-id",
        ),
        pytest.param(
            b'{"webhookEvent":"sprint_closed","sprint":{}}',
            "incomplete",
            "sprint_closed",
            id="sprint-without-id",
        ),
        pytest.param(
            b'{"webhookEvent":"worklog_deleted","worklog":7}',
            "incomplete",
            "worklog_deleted",
            id="worklog-is-a-number",
        ),
        pytest.param(b'{"webhookEvent":"moon_landed"}', "unknown_event", "moon_landed", id="new"),
    ],
)
def test_unusable_body_is_recorded_as_unsupported(
    body: bytes, reason: str, name: str | None
) -> None:
    event = parse_bytes(body, key="sha256:ab")

    assert event.kind is EventKind.UNSUPPORTED
    assert event.event_key == "jira-main:delivery:sha256:ab"
    assert event.occurred_at == RECEIVED_AT
    assert (event.data["reason"], event.data["webhook_event"]) == (reason, name)


@pytest.mark.parametrize(
    "name",
    [
        "attachment_created",
        "attachment_deleted",
        "board_created",
        "issue_property_set",
        "issuelink_created",
        "jira:version_released",
        "jira:worklog_updated",
        "option_voting_changed",
        "project_created",
        "user_updated",
    ],
)
def test_known_event_without_use_is_unsupported_by_name(name: str) -> None:
    event = parse(load("attachment_created__plain") | {"webhookEvent": name})

    assert event.kind is EventKind.UNSUPPORTED
    assert event.data == {"reason": "unused_event", "webhook_event": name}
    assert event.occurred_at == datetime(2026, 11, 16, 9, 2, 3, 200000, tzinfo=UTC)
