"""What each kind of payload means."""

import json
from pathlib import Path

import pytest

from chargehand.connectors.discord.schemas import first_id_at, time_of_id
from chargehand.domain.event import ActorKind, EventKind, Place, PlaceKind
from chargehand.domain.text import LineKind
from tests.connectors.discord.reading.samples import (
    APP,
    CHANNEL,
    MEI,
    MESSAGE,
    NAMES,
    RECEIVED_AT,
    THREAD,
    TOM,
    load,
    parse,
    parse_bytes,
    parse_fixture,
)

PUBLIC = PlaceKind.PUBLIC
HERE = Place(CHANNEL, PUBLIC)
ID = "1572568720998400011"
TOKEN = "aW50ZXJhY3Rpb24tdG9rZW4"
TABLE: dict[str, tuple[EventKind, str, str | None, Place | None]] = {
    "ping__endpoint": (EventKind.CONNECTION_PINGED, "ping:1572568720998400001", None, None),
    "command__status": (
        EventKind.COMMAND_INVOKED,
        "command:1572568720998400002",
        "status PAY-3",
        Place(CHANNEL, PUBLIC, reply_token=TOKEN),
    ),
    "command__app_group": (
        EventKind.COMMAND_INVOKED,
        "command:1572568720998400003",
        "assign PAY-3 @@everyone Tom quietly 2",
        Place(CHANNEL, PUBLIC, reply_token=TOKEN),
    ),
    "command__direct": (
        EventKind.COMMAND_INVOKED,
        "command:1572568720998400004",
        "help",
        Place("1100000000000000020", PlaceKind.DIRECT, reply_token=TOKEN),
    ),
    "command__user_install": (
        EventKind.COMMAND_INVOKED,
        "command:1572568720998400005",
        "help",
        Place("1100000000000000021", PlaceKind.UNKNOWN, is_outsider=True, reply_token=TOKEN),
    ),
    "command__message_menu": (
        EventKind.COMMAND_INVOKED,
        "command:1572568720998400006",
        "Summary",
        Place(CHANNEL, PUBLIC, message_id=MESSAGE, reply_token=TOKEN),
    ),
    "button__approve": (
        EventKind.BUTTON_PRESSED,
        "button:1572568720998400007",
        "approve apv_01kabcdefghjkmnpqrstvwxyz0 0123456789abcdef",
        Place(CHANNEL, PUBLIC, message_id=MESSAGE, thread_id=THREAD, reply_token=TOKEN),
    ),
    "select__private": (
        EventKind.BUTTON_PRESSED,
        "button:1572568720998400008",
        "agents",
        Place(CHANNEL, PUBLIC, message_id=MESSAGE, reply_token=TOKEN),
    ),
    "form__edit": (
        EventKind.FORM_SUBMITTED,
        "form:1572568720998400009",
        "edit apv_01k",
        Place(CHANNEL, PUBLIC, message_id=MESSAGE, reply_token=TOKEN),
    ),
    "message_create__mention": (
        EventKind.MESSAGE_CREATED,
        f"message:{CHANNEL}:{ID}:created",
        f"@chargehand what blocks PAY-7?\n@{TOM} said so\n<@{TOM}>\nand <@{TOM}>, ~~drop it~~",
        Place(CHANNEL, PUBLIC, message_id=ID),
    ),
    "message_create__reply_in_thread": (
        EventKind.MESSAGE_CREATED,
        f"message:{THREAD}:1572568720998400012:created",
        "thanks",
        Place(CHANNEL, PlaceKind.PRIVATE, message_id="1572568720998400012", thread_id=THREAD),
    ),
    "message_create__bot": (
        EventKind.MESSAGE_CREATED,
        f"message:{CHANNEL}:1572568720998400013:created",
        "done",
        Place(CHANNEL, PUBLIC, message_id="1572568720998400013"),
    ),
    "message_update__edited": (
        EventKind.MESSAGE_UPDATED,
        f"message:{CHANNEL}:{ID}:updated:1794819900250",
        "what blocks PAY-8?",
        Place(CHANNEL, PUBLIC, message_id=ID),
    ),
    "message_delete__plain": (
        EventKind.MESSAGE_DELETED,
        f"message:{CHANNEL}:{ID}:deleted",
        None,
        Place(CHANNEL, PUBLIC, message_id=ID),
    ),
    "message_reaction_add__cross": (
        EventKind.REACTION_ADDED,
        f"reaction:{CHANNEL}:{MESSAGE}:❌:{MEI}:added:d-1",
        None,
        Place(CHANNEL, PUBLIC, message_id=MESSAGE),
    ),
    "message_reaction_remove__custom": (
        EventKind.REACTION_REMOVED,
        f"reaction:1100000000000000020:{MESSAGE}:ship_it:{MEI}:removed:d-1",
        None,
        Place("1100000000000000020", PlaceKind.DIRECT, message_id=MESSAGE),
    ),
}
UNSUPPORTED = {
    "autocomplete__names": "autocomplete",
    "event_webhook__deauthorized": "unused_event",
    "message_create__joined": "system_message",
    "message_update__link_preview": "not_edited",
    "typing_start__plain": "unused_event",
}


def test_tables_name_every_fixture() -> None:
    assert sorted([*TABLE, *UNSUPPORTED]) == NAMES


@pytest.mark.parametrize("name", sorted(TABLE))
def test_payload_is_exactly_the_expected_event(name: str) -> None:
    kind, key, text, place = TABLE[name]

    event = parse_fixture(name)

    assert (event.kind, event.event_key) == (kind, f"discord-main:{key}")
    assert (event.text, event.place) == (text, place)
    assert (event.project, event.work_item) == (None, None)


@pytest.mark.parametrize(("name", "reason"), UNSUPPORTED.items())
def test_what_says_nothing_to_us_is_unsupported(name: str, reason: str) -> None:
    event = parse_fixture(name)

    assert (event.kind, event.data["reason"]) == (EventKind.UNSUPPORTED, reason)
    assert event.event_key == "discord-main:delivery:d-1"


def test_words_quotes_code_and_mentions_are_told_apart() -> None:
    event = parse_fixture("message_create__mention")

    assert [line.kind for line in event.lines] == [
        LineKind.BODY,
        LineKind.QUOTE,
        LineKind.CODE,
        LineKind.BODY,
    ]
    # The account named in code is no mention, wherever the code stands.
    assert event.mentions == (APP, TOM)
    assert event.occurred_at.isoformat() == "2026-11-16T09:02:03.123000+00:00"


def test_lines_of_a_message_that_are_marked_read_as_their_words() -> None:
    content = (
        "# Head\n- item <#123456789012345678> <:ship:123456789012345678>\n>>> all\nquoted\n"
        "*it* __under__ ||secret|| \\*not\\* snake_case_name <t:0:R> </status:123456789012345678>"
    )

    event = parse(
        {"t": "MESSAGE_CREATE", "d": {**load("message_create__bot")["d"], "content": content}}
    )

    assert event.text == (
        "Head\nitem #channel :ship:\nall\nquoted\n"
        "it under secret *not* snake_case_name 1970-01-01 00:00 UTC /status"
    )
    assert [line.kind for line in event.lines][2:] == [LineKind.QUOTE] * 3


def test_people_and_bots_are_told_apart() -> None:
    person, bot = parse_fixture("message_create__mention"), parse_fixture("message_create__bot")
    hook = load("message_create__mention")
    hook["d"]["webhook_id"] = "1100000000000000099"

    assert (person.actor.kind, person.actor.name) == (ActorKind.PERSON, "Mei Tanaka")
    assert (bot.actor.kind, bot.actor.account_id) == (ActorKind.BOT, APP)
    assert parse(hook).actor.kind is ActorKind.BOT


def test_reply_names_the_message_it_answers() -> None:
    event = parse_fixture("message_create__reply_in_thread")

    assert event.data["reply_to"] == {"message_id": MESSAGE, "account_id": APP}


def test_forms_and_choices_carry_what_was_filled_in() -> None:
    form, choice = parse_fixture("form__edit"), parse_fixture("select__private")

    assert form.data["values"] == {"text": "New words\nand more", "mode": ["auto"]}
    assert choice.data["values"] == ["Build agent", f"<@{TOM}>"]
    assert choice.data["is_private"] is True


def test_options_of_a_command_keep_their_names() -> None:
    event = parse_fixture("command__app_group")

    assert event.mentions == (TOM,)
    assert event.data["options"] == {
        "item": "PAY-3",
        "to": TOM,
        "quietly": True,
        "loudly": False,
        "times": 2,
    }


@pytest.mark.parametrize("name", ["command__status", "message_create__mention"])
def test_another_guild_is_shared_and_its_people_are_outsiders(name: str) -> None:
    event = parse(load(name), guild_id="1100000000000000777")

    assert event.place is not None
    assert (event.place.kind, event.place.is_outsider) == (PlaceKind.SHARED, True)


@pytest.mark.parametrize(
    ("changed", "is_outsider"),
    [({"pending": True}, True), ({"flags": 16}, True), ({"flags": 3}, False)],
    ids=["pending", "guest", "member"],
)
def test_guests_of_the_guild_are_outsiders(
    changed: dict[str, object], *, is_outsider: bool
) -> None:
    payload = load("command__status")
    payload["member"].update(changed)

    event = parse(payload)

    assert event.place is not None
    assert event.place.is_outsider is is_outsider


@pytest.mark.parametrize(
    ("context", "kind"), [(1, PlaceKind.DIRECT), (2, PlaceKind.UNKNOWN)], ids=["bot", "elsewhere"]
)
def test_only_a_conversation_with_the_bot_is_direct(context: int, kind: PlaceKind) -> None:
    event = parse(load("command__direct") | {"context": context})

    assert event.place is not None
    assert (event.place.kind, event.place.is_outsider) == (kind, context == 2)


def test_no_token_is_shown() -> None:
    event = parse_fixture("command__status")

    assert event.place is not None
    assert event.place.reply_token == TOKEN
    assert TOKEN not in repr(event)


@pytest.mark.parametrize(
    ("name", "gone", "missing"),
    [
        ("command__status", "channel_id", "channel_id"),
        ("command__status", "id", "id"),
        ("command__status", "member", "member.user"),
        ("command__status", "data", "data.name"),
        ("button__approve", "message", "message.id"),
    ],
)
def test_incomplete_interaction_names_what_is_missing(name: str, gone: str, missing: str) -> None:
    payload = load(name)
    del payload[gone]
    payload.pop("channel", None)

    event = parse(payload)

    assert (event.kind, event.data["reason"]) == (EventKind.UNSUPPORTED, "incomplete")
    assert event.data["missing"] == missing


def test_ids_hold_the_moment_they_were_made_at() -> None:
    moment = time_of_id("175928847299117063")

    # Source: the example of Discord's page on snowflakes.
    assert moment is not None
    assert moment.isoformat() == "2016-04-30T11:18:25.796000+00:00"
    assert int(first_id_at(moment)) <= 175928847299117063 < int(first_id_at(RECEIVED_AT))


CAPTURES = {
    "kord/rootcommand.json": (
        EventKind.COMMAND_INVOKED,
        "command:793442788670832640",
        "testsubcommands 1",
        Place("587324906702766226", PUBLIC),
    ),
    "kord/selectmenu.json": (
        EventKind.BUTTON_PRESSED,
        "button:847587388497854464",
        "class_select_1",
        Place(
            "772908445358620702",
            PlaceKind.UNKNOWN,
            message_id="847587334500646933",
            is_outsider=True,
        ),
    ),
}


@pytest.mark.contract
def test_every_captured_interaction_is_exactly_the_expected_event(contracts: Path) -> None:
    folder = contracts / "discord" / "interactions"
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.json"))

    events = {name: parse_bytes((folder / name).read_bytes(), guild_id=None) for name in found}

    assert found == sorted(CAPTURES)
    for name, (kind, key, text, place) in CAPTURES.items():
        event = events[name]
        assert (event.kind, event.event_key, event.text) == (kind, f"discord-main:{key}", text)
        token = json.loads((folder / name).read_bytes())["token"]
        assert event.place is not None
        assert event.place.reply_token == token
        assert (event.place.channel_id, event.place.kind) == (place.channel_id, place.kind)
        assert (event.place.message_id, event.place.is_outsider) == (
            place.message_id,
            place.is_outsider,
        )
