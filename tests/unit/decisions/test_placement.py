"""Where answers go in a chat: the whole table, on both surfaces, and never a broadcast."""

from dataclasses import replace

import pytest

from chargehand.decisions.placement import Privacy, place_answer
from chargehand.domain.action import ActionKind
from chargehand.domain.event import Place, PlaceKind
from chargehand.domain.ids import AccountId

ANA = AccountId("U0ANA")
POST, ALONE = ActionKind.SLACK_POST_MESSAGE, ActionKind.SLACK_POST_EPHEMERAL
CHANNEL = Place("C1", PlaceKind.PUBLIC, message_id="1.5")
IN_THREAD = Place("C1", PlaceKind.PUBLIC, message_id="1.9", thread_id="1.5")
DIRECT = Place("D1", PlaceKind.DIRECT, message_id="2.5")
DIRECT_THREAD = Place("D1", PlaceKind.DIRECT, message_id="2.9", thread_id="2.5")
SLASH = Place("C1", PlaceKind.PRIVATE)
SHORTCUT = Place("C1", PlaceKind.PUBLIC, message_id="1.5", reply_token="7.8")
SHORTCUT_IN_THREAD = replace(SHORTCUT, message_id="1.9", thread_id="1.5")
SLASH_DIRECT = Place("D1", PlaceKind.DIRECT)


@pytest.mark.parametrize(
    ("place", "privacy", "kind", "thread"),
    [
        pytest.param(CHANNEL, Privacy.AS_ASKED, POST, "1.5", id="channel"),
        pytest.param(IN_THREAD, Privacy.AS_ASKED, POST, "1.5", id="thread"),
        pytest.param(DIRECT, Privacy.AS_ASKED, POST, None, id="direct"),
        pytest.param(DIRECT_THREAD, Privacy.AS_ASKED, POST, "2.5", id="direct-thread"),
        pytest.param(SLASH, Privacy.AS_ASKED, ALONE, None, id="slash"),
        pytest.param(SLASH_DIRECT, Privacy.AS_ASKED, POST, None, id="slash-in-direct"),
        pytest.param(CHANNEL, Privacy.ASKER_ONLY, ALONE, None, id="private-in-channel"),
        pytest.param(IN_THREAD, Privacy.ASKER_ONLY, ALONE, "1.5", id="private-in-thread"),
        pytest.param(DIRECT, Privacy.ASKER_ONLY, POST, None, id="private-in-direct"),
        pytest.param(SHORTCUT, Privacy.AS_ASKED, ALONE, None, id="shortcut"),
        pytest.param(SHORTCUT_IN_THREAD, Privacy.AS_ASKED, ALONE, "1.5", id="shortcut-in-thread"),
    ],
)
def test_answers_in_slack(
    place: Place, privacy: Privacy, kind: ActionKind, thread: str | None
) -> None:
    placement = place_answer(place, connector="slack", asker=ANA, privacy=privacy)

    assert (placement.kind, placement.target) == (kind, place.channel_id)
    assert placement.params["thread_id"] == thread
    assert placement.params.get("user") == (ANA if kind is ALONE else None)
    assert not any("broadcast" in name for name in placement.params)


@pytest.mark.parametrize("privacy", list(Privacy))
def test_answer_to_a_shortcut_on_nothing_is_a_direct_message(privacy: Privacy) -> None:
    nowhere = Place(ANA, PlaceKind.DIRECT)

    placement = place_answer(nowhere, connector="slack", asker=ANA, privacy=privacy)

    assert placement.kind is ActionKind.SLACK_SEND_DIRECT_MESSAGE
    assert (placement.target, placement.params) == (ANA, {})


@pytest.mark.parametrize(
    ("place", "privacy", "kind", "target", "params"),
    [
        pytest.param(
            Place("7", PlaceKind.PUBLIC, reply_token="tok"),
            Privacy.AS_ASKED,
            ActionKind.DISCORD_EDIT_REPLY,
            "7",
            {"reply_token": "tok", "thread_id": None},
            id="interaction",
        ),
        pytest.param(
            Place("7", PlaceKind.PUBLIC, message_id="9", reply_token="tok"),
            Privacy.AS_ASKED,
            ActionKind.DISCORD_FOLLOW_UP,
            "7",
            {"reply_token": "tok", "is_private": True, "thread_id": None},
            id="button",
        ),
        pytest.param(
            Place("7", PlaceKind.PUBLIC, message_id="9"),
            Privacy.AS_ASKED,
            ActionKind.DISCORD_POST_MESSAGE,
            "7",
            {"reply_to": "9", "thread_id": None},
            id="message",
        ),
        pytest.param(
            Place("7", PlaceKind.PUBLIC, message_id="9"),
            Privacy.ASKER_ONLY,
            ActionKind.DISCORD_SEND_DIRECT_MESSAGE,
            ANA,
            {},
            id="private",
        ),
        pytest.param(
            Place("8", PlaceKind.DIRECT, message_id="9"),
            Privacy.ASKER_ONLY,
            ActionKind.DISCORD_POST_MESSAGE,
            "8",
            {"reply_to": "9", "thread_id": None},
            id="private-in-direct",
        ),
    ],
)
def test_answers_in_discord(
    place: Place, privacy: Privacy, kind: ActionKind, target: str, params: dict[str, object]
) -> None:
    placement = place_answer(place, connector="discord", asker=ANA, privacy=privacy)

    assert (placement.kind, placement.target, placement.params) == (kind, target, params)
