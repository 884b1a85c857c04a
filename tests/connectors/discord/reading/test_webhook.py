"""Who may speak as Discord: a right, fresh signature over exactly these bytes."""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta

import pytest

from chargehand.connectors.discord.acknowledge import CommandTable
from chargehand.connectors.discord.errors import BodyEncoded
from chargehand.connectors.discord.webhook import DiscordWebhook
from chargehand.domain.delivery import DeliverySource, Lane
from chargehand.kit.ed25519 import SigningKey
from chargehand.plugins.connector import IntakeSecrets, RawRequest
from chargehand.plugins.errors import (
    SignatureMissing,
    SignatureStale,
    SignatureWrong,
)
from tests.connectors.discord.reading.samples import (
    CONNECTION,
    KEY,
    NAMES,
    PUBLIC_KEY,
    RECEIVED_AT,
    delivery_of,
    load,
)

BODY = json.dumps(load("command__status")).encode()
NOW = str(int(RECEIVED_AT.timestamp()))
SECRETS = IntakeSecrets(signing=(PUBLIC_KEY,))
OTHER = SigningKey(bytes(32))


def sign(timestamp: str = NOW, body: bytes = BODY) -> str:
    return KEY.sign(timestamp.encode() + body)


def request(
    signature: str | None = None,
    timestamp: str | None = NOW,
    *,
    body: bytes = BODY,
    token: str | None = None,
) -> RawRequest:
    given = {"x-signature-ed25519": signature, "x-signature-timestamp": timestamp}
    headers: Mapping[str, str] = {name: text for name, text in given.items() if text is not None}
    return RawRequest(CONNECTION, headers, body, token, RECEIVED_AT)


def at(**offset: float) -> str:
    return str(int((RECEIVED_AT + timedelta(**offset)).timestamp()))


@pytest.mark.parametrize(
    ("signature", "timestamp"),
    [
        pytest.param(sign(), NOW, id="now"),
        pytest.param(sign().upper(), NOW, id="upper-hex"),
        pytest.param(sign(at(minutes=-5)), at(minutes=-5), id="five-minutes-old"),
        pytest.param(sign(at(minutes=5)), at(minutes=5), id="five-minutes-ahead"),
    ],
)
def test_proved_interaction_becomes_a_delivery(signature: str, timestamp: str) -> None:
    delivery = DiscordWebhook().verify(request(signature, timestamp), SECRETS)

    assert (delivery.body, delivery.headers) == (BODY, {})
    assert (delivery.source, delivery.lane) == (DeliverySource.WEBHOOK, Lane.INTERACTIVE)
    assert (delivery.connector, delivery.connection_id) == ("discord", CONNECTION)
    assert delivery.delivery_key == load("command__status")["id"]


def test_both_keys_are_good_while_they_change() -> None:
    both = IntakeSecrets(signing=(OTHER.public_key, PUBLIC_KEY))

    assert DiscordWebhook().verify(request(sign()), both).body == BODY


ENCODED = base64.b64encode(BODY)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        pytest.param(request(None), SignatureMissing, id="no-signature"),
        pytest.param(request(sign(), None), SignatureMissing, id="no-timestamp"),
        pytest.param(
            request(None, token="guess"), SignatureMissing, id="a-path-token-proves-nothing"
        ),
        pytest.param(request(sign()[:-2]), SignatureWrong, id="short"),
        pytest.param(request(sign() + "00"), SignatureWrong, id="long"),
        pytest.param(request("g" * 128), SignatureWrong, id="no-hex"),
        pytest.param(request("\u0661" * 128), SignatureWrong, id="no-ascii"),
        pytest.param(request(""), SignatureWrong, id="empty"),
        pytest.param(
            request(base64.b64encode(bytes.fromhex(sign())).decode()),
            SignatureWrong,
            id="base64-signature",
        ),
        pytest.param(request(sign(), "yesterday"), SignatureWrong, id="no-time"),
        pytest.param(request(sign(), "-1"), SignatureWrong, id="negative-time"),
        pytest.param(request(sign(), "9" * 400), SignatureWrong, id="endless-time"),
        pytest.param(
            request(sign(at(minutes=-10)), at(minutes=-10)), SignatureStale, id="ten-minutes-old"
        ),
        pytest.param(
            request(sign(at(seconds=301)), at(seconds=301)), SignatureStale, id="from-the-future"
        ),
        pytest.param(request(sign(at(seconds=-1))), SignatureWrong, id="time-not-signed"),
        pytest.param(request(sign(), body=BODY + b" "), SignatureWrong, id="another-body"),
        pytest.param(request("0" * 128), SignatureWrong, id="zeros"),
        pytest.param(
            request(OTHER.sign(NOW.encode() + BODY)), SignatureWrong, id="somebody-elses-key"
        ),
        pytest.param(request(sign(), body=ENCODED), BodyEncoded, id="base64-body"),
    ],
)
def test_unproved_request_is_refused(wrong: RawRequest, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        DiscordWebhook().verify(wrong, SECRETS)

    assert type(caught.value) is error


@pytest.mark.parametrize("key", ["", "00", "g" * 64, "0" * 63, "\u0661" * 64])
def test_what_is_no_key_proves_nothing(key: str) -> None:
    with pytest.raises(SignatureWrong):
        DiscordWebhook().verify(request(sign()), IntakeSecrets(signing=(key,)))


@pytest.mark.parametrize(
    "body", [b"not json", b'{"id": 5}', b'{"id": "x"}', b'{"id": "%s"}' % (b"9" * 30)]
)
def test_delivery_without_an_id_is_named_by_its_hash(body: bytes) -> None:
    delivery = DiscordWebhook().verify(request(sign(body=body), body=body), SECRETS)

    assert delivery.delivery_key == f"sha256:{hashlib.sha256(body).hexdigest()}"


TABLE = CommandTable(
    names=("agents", "approve", "mute", "status", "summary", "unmute"),
    private=frozenset({"help", "mute"}),
)
NAMED = {
    "choices": [{"name": "mute", "value": "mute"}, {"name": "unmute", "value": "unmute"}],
}
ANSWERS: dict[str, tuple[object, bool]] = {
    "ping__endpoint": ({"type": 1}, False),
    "command__status": ({"type": 5}, True),
    "command__direct": ({"type": 5, "data": {"flags": 64}}, True),
    "command__message_menu": ({"type": 5}, True),
    "button__approve": ({"type": 6}, True),
    "select__private": ({"type": 6}, True),
    "form__edit": ({"type": 6}, True),
    "autocomplete__names": ({"type": 8, "data": NAMED}, False),
}


@pytest.mark.parametrize(("name", "expected"), ANSWERS.items(), ids=ANSWERS.keys())
def test_interaction_is_answered_at_once_as_discord_demands(
    name: str, expected: tuple[object, bool]
) -> None:
    delivery = delivery_of(json.dumps(load(name)).encode())

    answer = DiscordWebhook(TABLE).acknowledge(delivery)

    assert answer.body is not None
    assert (json.loads(answer.body), answer.is_kept) == expected
    assert answer.content_type == "application/json"


def test_form_that_hangs_on_no_message_gets_a_reply_of_its_own() -> None:
    form = load("form__edit")
    del form["message"]

    answer = DiscordWebhook(TABLE).acknowledge(delivery_of(json.dumps(form).encode()))

    assert answer.body == b'{"type":5}'


@pytest.mark.parametrize(
    "name", sorted(set(NAMES) - set(ANSWERS) - {"command__app_group", "command__user_install"})
)
def test_what_is_no_interaction_gets_our_own_answer(name: str) -> None:
    answer = DiscordWebhook(TABLE).acknowledge(delivery_of(json.dumps(load(name)).encode()))

    assert (answer.body, answer.is_kept) == (None, True)


def test_no_more_choices_are_offered_than_discord_takes() -> None:
    many = CommandTable(names=(*(f"mu{n:03}" for n in range(99)), "mu" + "x" * 99))

    answer = DiscordWebhook(many).acknowledge(
        delivery_of(json.dumps(load("autocomplete__names")).encode())
    )

    choices = json.loads(answer.body or b"")["data"]["choices"]
    assert len(choices) == 25
    assert choices[0] == {"name": "mu000", "value": "mu000"}
