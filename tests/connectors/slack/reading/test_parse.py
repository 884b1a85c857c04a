"""What Slack's bodies mean: keys, places, actors, words."""

from typing import Any

import pytest

from chargehand.domain.event import ActorKind, EventKind, Place, PlaceKind
from chargehand.domain.text import LineKind
from tests.connectors.slack.reading import samples
from tests.connectors.slack.reading.samples import (
    ASKER,
    BOT,
    CHANNEL,
    EDITED,
    ORGANIZATION,
    OTHER_TEAM,
    ROOT,
    TEAM,
    TS,
    changed,
    envelope,
    message,
    parse,
    parse_bytes,
    pressed,
    reaction,
    slash,
    submitted,
)

KEY = f"slack-main:message:{CHANNEL}:{TS}"


def test_one_message_has_one_key_however_it_is_told() -> None:
    as_message = parse(envelope(message()))
    as_mention = parse(envelope(message(type="app_mention"), event_id="Ev0TWO"))

    assert as_message.event_key == as_mention.event_key == f"{KEY}:created"
    assert as_message.kind is EventKind.MESSAGE_CREATED
    assert as_message.text == f"@{BOT} status PAY-7"
    assert as_message.mentions == (BOT,)
    assert as_message.actor.account_id == ASKER
    assert (as_message.project, as_message.work_item) == (None, None)
    assert as_message.occurred_at.isoformat() == "2026-11-27T12:00:00.000100+00:00"
    assert as_message.data["message_id"] == TS


@pytest.mark.parametrize(
    ("event", "is_shared", "place"),
    [
        pytest.param(message(), False, Place(CHANNEL, PlaceKind.PUBLIC, TS), id="public"),
        pytest.param(message(), True, Place(CHANNEL, PlaceKind.SHARED, TS), id="shared"),
        pytest.param(
            message(channel_type="group"),
            False,
            Place(CHANNEL, PlaceKind.PRIVATE, TS),
            id="private",
        ),
        pytest.param(
            message(channel="D0ONE", channel_type="im"),
            False,
            Place("D0ONE", PlaceKind.DIRECT, TS),
            id="direct",
        ),
        pytest.param(
            message(channel_type="mpim"), False, Place(CHANNEL, PlaceKind.GROUP, TS), id="group"
        ),
        pytest.param(
            message(type="app_mention", channel_type=None),
            False,
            Place(CHANNEL, PlaceKind.UNKNOWN, TS),
            id="slack-does-not-say",
        ),
        pytest.param(
            message(thread_ts=ROOT), False, Place(CHANNEL, PlaceKind.PUBLIC, TS, ROOT), id="thread"
        ),
        pytest.param(
            message(thread_ts=TS),
            False,
            Place(CHANNEL, PlaceKind.PUBLIC, TS),
            id="root-of-a-thread",
        ),
        pytest.param(
            message(team=OTHER_TEAM),
            False,
            Place(CHANNEL, PlaceKind.PUBLIC, TS, is_outsider=True),
            id="other-workspace",
        ),
        pytest.param(
            message(user_profile={"is_restricted": True}),
            False,
            Place(CHANNEL, PlaceKind.PUBLIC, TS, is_outsider=True),
            id="guest",
        ),
        pytest.param(
            message(user_team=OTHER_TEAM),
            False,
            Place(CHANNEL, PlaceKind.PUBLIC, TS, is_outsider=True),
            id="home-elsewhere",
        ),
    ],
)
def test_place_of_a_message(event: dict[str, Any], *, is_shared: bool, place: Place) -> None:
    assert parse(envelope(event, is_ext_shared_channel=is_shared)).place == place


@pytest.mark.parametrize(
    ("enterprise", "is_outsider"),
    [(ORGANIZATION, False), ("E0OTHER", True), (None, True)],
    ids=["same-organization", "another", "unsaid"],
)
def test_an_organization_of_workspaces_is_one_home(
    enterprise: str | None, *, is_outsider: bool
) -> None:
    event = parse(envelope(message(team=OTHER_TEAM), enterprise_id=enterprise), team=ORGANIZATION)

    assert event.place is not None
    assert event.place.is_outsider is is_outsider


@pytest.mark.parametrize(
    ("changes", "kind", "account"),
    [
        pytest.param({"bot_id": "B0", "user": BOT}, ActorKind.BOT, BOT, id="bot-user"),
        pytest.param(
            {"bot_id": "B0", "user": None, "subtype": "bot_message"}, ActorKind.BOT, "B0", id="bot"
        ),
        pytest.param({"user": "USLACKBOT"}, ActorKind.BOT, "USLACKBOT", id="slackbot"),
        pytest.param({"subtype": "me_message"}, ActorKind.PERSON, ASKER, id="person-with-slash-me"),
        pytest.param({"user": None}, ActorKind.ANONYMOUS, None, id="nobody"),
    ],
)
def test_actor_of_a_message(changes: dict[str, Any], kind: ActorKind, account: str | None) -> None:
    actor = parse(envelope(message(**changes))).actor

    assert (actor.kind, actor.account_id) == (kind, account)


def test_an_edit_is_an_update_by_whoever_edited() -> None:
    event = parse(envelope(changed("blockers PAY-7", before="status PAY-7")))

    assert event.kind is EventKind.MESSAGE_UPDATED
    assert event.event_key == f"{KEY}:updated:1795780860000"
    assert event.text == "blockers PAY-7"
    assert event.data["updated_ms"] == 1795780860000
    assert event.place == Place(CHANNEL, PlaceKind.PUBLIC, TS)


def test_a_preview_that_slack_adds_is_no_edit() -> None:
    unfurled = changed("see https://a.example", before="see https://a.example", edited=None)

    event = parse(envelope(unfurled))

    assert (event.kind, event.data["reason"]) == (EventKind.UNSUPPORTED, "unchanged")


def test_a_deletion_names_the_message_and_nobody() -> None:
    deleted = {
        "type": "message",
        "subtype": "message_deleted",
        "channel": CHANNEL,
        "channel_type": "channel",
        "deleted_ts": TS,
        "event_ts": EDITED,
        "previous_message": message(thread_ts=ROOT),
    }

    event = parse(envelope(deleted))

    assert (event.kind, event.event_key) == (EventKind.MESSAGE_DELETED, f"{KEY}:deleted")
    assert (event.text, event.actor.kind) == (None, ActorKind.ANONYMOUS)
    assert event.place == Place(CHANNEL, PlaceKind.PUBLIC, TS, ROOT)


def test_the_deleted_root_of_a_thread_is_a_deletion_too() -> None:
    tombstone = changed("This message was deleted.", before="status", subtype="tombstone")

    assert parse(envelope(tombstone)).event_key == f"{KEY}:deleted"


@pytest.mark.parametrize("subtype", ["channel_join", "channel_topic", "message_replied", "huddle"])
def test_slack_speaking_of_the_channel_is_nobodys_message(subtype: str) -> None:
    event = parse(envelope(message(subtype=subtype)))

    assert (event.kind, event.data["reason"]) == (EventKind.UNSUPPORTED, "unused_event")
    assert event.data["webhook_event"] == f"message.{subtype}"


def test_a_reaction_is_known_by_who_when_and_which() -> None:
    event = parse(envelope(reaction(reaction="+1::skin-tone-4")))

    assert event.kind is EventKind.REACTION_ADDED
    expected = f"reaction:{CHANNEL}:{TS}:+1:{ASKER}:added:1795780860000"
    assert event.event_key == f"slack-main:{expected}"
    assert event.data == {"reaction": "+1", "message_author": BOT}
    assert event.place == Place(CHANNEL, PlaceKind.UNKNOWN, TS)


@pytest.mark.parametrize(
    ("command", "text", "said"),
    [
        pytest.param("/chargehand", "status PAY-7", "status PAY-7", id="ours"),
        pytest.param("/chargehand-staging", " status  PAY-7 ", "status PAY-7", id="another-stage"),
        pytest.param("/status", "PAY-7", "status PAY-7", id="a-command-of-its-own"),
        pytest.param("/chargehand", "", "", id="nothing"),
        pytest.param("/chargehand", "mute &lt;here&gt; &amp; now", "mute <here> & now", id="signs"),
    ],
)
def test_a_slash_command_is_the_line_without_the_apps_name(
    command: str, text: str, said: str
) -> None:
    event = parse_bytes(slash(command=command, text=text))

    assert (event.kind, event.text) == (EventKind.COMMAND_INVOKED, said)
    assert event.event_key == "slack-main:command:11.22.aa"
    assert (event.actor.account_id, event.actor.name) == (ASKER, "mei")
    assert event.place == Place(CHANNEL, PlaceKind.UNKNOWN, reply_token="11.22.aa")
    assert "hooks.slack.com" not in repr(event)


@pytest.mark.parametrize(
    ("channel", "name", "kind"),
    [
        ("D0ONE", "directmessage", PlaceKind.DIRECT),
        ("C0SECRET", "privategroup", PlaceKind.PRIVATE),
        ("C0SOME", "mpdm-mei--tom-1", PlaceKind.GROUP),
        ("C0TRICK", "directmessage", PlaceKind.UNKNOWN),
    ],
)
def test_place_of_a_slash_command(channel: str, name: str, kind: PlaceKind) -> None:
    event = parse_bytes(slash(channel_id=channel, channel_name=name))

    assert event.place == Place(channel, kind, reply_token="11.22.aa")


def test_a_button_says_its_command_where_it_hangs() -> None:
    event = parse_bytes(samples.interaction(**pressed()))

    assert event.kind is EventKind.BUTTON_PRESSED
    assert event.text == "approve apv_1 0123456789abcdef"
    assert event.event_key == "slack-main:button:33.44.bb"
    assert event.place == Place(CHANNEL, PlaceKind.PRIVATE, TS, ROOT, reply_token="33.44.bb")
    assert event.actor.account_id == ASKER


def test_a_button_that_opens_an_address_says_nothing() -> None:
    event = parse(pressed(actions=[{"type": "button", "url": "https://a.example"}]))

    assert (event.kind, event.data["reason"]) == (EventKind.UNSUPPORTED, "unused_event")


def test_a_form_says_its_command_where_it_was_opened() -> None:
    event = parse(submitted(command="edit apv_1", channel=CHANNEL, message=TS, thread=ROOT))

    assert (event.kind, event.text) == (EventKind.FORM_SUBMITTED, "edit apv_1")
    assert event.data == {"values": {"text": "Hi"}}
    assert event.place == Place(CHANNEL, PlaceKind.UNKNOWN, TS, ROOT)


def test_a_form_from_nowhere_belongs_to_whoever_sent_it() -> None:
    event = parse(submitted())

    assert (event.text, event.place) == ("edit", Place(ASKER, PlaceKind.DIRECT))


def test_a_stranger_in_a_shared_channel_is_an_outsider_everywhere() -> None:
    stranger = {"id": "U9", "team_id": OTHER_TEAM}

    events = [
        parse(pressed(user=stranger)),
        parse({**submitted(channel=CHANNEL), "user": stranger}),
        parse_bytes(slash(team_id=OTHER_TEAM)),
        parse(envelope(reaction(), team_id=OTHER_TEAM)),
    ]

    assert [event.place is not None and event.place.is_outsider for event in events] == [True] * 4


@pytest.mark.parametrize("kind", ["shortcut", "message_action"])
def test_a_shortcut_is_a_command(kind: str) -> None:
    body = {
        "type": kind,
        "callback_id": "summary",
        "trigger_id": "77.88.dd",
        "action_ts": EDITED,
        "team": {"id": TEAM},
        "user": {"id": ASKER, "username": "mei"},
    }
    on_message = {"channel": {"id": CHANNEL}, "message_ts": TS, "message": {"text": "a &lt; b"}}

    event = parse({**body, **(on_message if kind == "message_action" else {})})

    assert (event.kind, event.text) == (EventKind.COMMAND_INVOKED, "summary")
    expected = Place(ASKER, PlaceKind.DIRECT)
    if kind == "message_action":
        expected = Place(CHANNEL, PlaceKind.UNKNOWN, TS, reply_token="77.88.dd")
        assert event.data["message_text"] == "a < b"
    assert event.place == expected


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"type": "app_rate_limited", "minute_rate_limited": 1}, "events_dropped"),
        (envelope({"type": "tokens_revoked"}), "access_revoked"),
        (envelope({"type": "app_uninstalled"}), "access_revoked"),
        (envelope({"type": "member_joined_channel"}), "unused_event"),
        (envelope({"type": "made_up"}), "unknown_event"),
        (envelope(message(channel=None)), "incomplete"),
        ({"type": "made_up"}, "unknown_event"),
        ({"type": ["list"]}, "no_event_name"),
        ({}, "no_event_name"),
    ],
)
def test_what_nobody_can_use_says_why(payload: dict[str, Any], reason: str) -> None:
    event = parse(payload)

    assert (event.kind, event.data["reason"]) == (EventKind.UNSUPPORTED, reason)
    assert event.event_key == "slack-main:delivery:d-1"


RICH = [
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "user", "user_id": BOT},
                    {"type": "text", "text": " status "},
                    {"type": "text", "text": "PAY-7", "style": {"bold": True}},
                    {"type": "text", "text": "\nnot this", "style": {"strike": True}},
                    {"type": "emoji", "name": "wave"},
                    {"type": "broadcast", "range": "here"},
                    {"type": "link", "url": "https://a.example/x_y_", "text": "the page"},
                ],
            },
            {"type": "rich_text_quote", "elements": [{"type": "text", "text": "close PAY-1"}]},
            {
                "type": "rich_text_list",
                "border": 1,
                "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": "quoted"}]}
                ],
            },
            {
                "type": "rich_text_preformatted",
                "elements": [
                    {"type": "user", "user_id": BOT},
                    {"type": "text", "text": " approve"},
                ],
            },
        ],
    }
]
MRKDWN = (
    f"<@{BOT}|chargehand> status *PAY-7*\n"
    "~not this~:wave:<!here><https://a.example/x_y_|the page>\n"
    f"&gt;close PAY-1\n&gt; quoted\n```\n<@{BOT}> approve\n```"
)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(message("something else", blocks=RICH), id="blocks"),
        pytest.param(message(MRKDWN), id="mrkdwn"),
    ],
)
def test_words_quotes_and_code_are_told_apart(event: dict[str, Any]) -> None:
    lines = parse(envelope(event)).lines

    shown = [(line.kind, line.text.replace("@chargehand", f"@{BOT}")) for line in lines]
    assert shown == [
        (LineKind.BODY, f"@{BOT} status PAY-7"),
        (LineKind.BODY, "~~not this~~:wave:@herethe page"),
        (LineKind.QUOTE, "close PAY-1"),
        (LineKind.QUOTE, "quoted"),
        (LineKind.CODE, f"@{BOT} approve"),
    ]
    assert [span.mention for line in lines for span in line.spans if span.mention] == [BOT]


def test_a_hidden_character_does_not_hide_that_it_was_there() -> None:
    (line,) = parse(envelope(message("app\u202erove"))).lines

    assert (line.text, line.is_disguised) == ("approve", True)
