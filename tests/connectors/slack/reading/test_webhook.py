import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping

import pytest

from chargehand.connectors.slack.webhook import SlackWebhook
from chargehand.domain.delivery import DeliverySource, Lane
from chargehand.plugins.connector import IntakeSecrets, RawRequest
from chargehand.plugins.errors import (
    SignatureMalformed,
    SignatureMissing,
    SignatureStale,
    SignatureWrong,
)
from tests.connectors.slack.reading import samples
from tests.connectors.slack.reading.samples import CONNECTION, RECEIVED_AT

BODY = json.dumps(samples.envelope(samples.message())).encode()
OLD, NEW = "old-secret", "new-secret"
BOTH = IntakeSecrets(signing=(NEW, OLD))
NOW_S = int(RECEIVED_AT.timestamp())


def request(
    secret: str = NEW,
    *,
    sent_at_s: int = NOW_S,
    body: bytes = BODY,
    signed: bytes | None = None,
    without: str = "",
    more: Mapping[str, str] | None = None,
    change: Callable[[str], str] = str,
) -> RawRequest:
    base = f"v0:{sent_at_s}:".encode() + (body if signed is None else signed)
    signature = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    headers = {
        "x-slack-signature": change(signature),
        "x-slack-request-timestamp": str(sent_at_s),
        **(more or {}),
    }
    headers.pop(without, None)
    return RawRequest(CONNECTION, headers, body, None, RECEIVED_AT)


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(request(), id="new-secret"),
        pytest.param(request(OLD), id="old-secret-during-rotation"),
        pytest.param(request(sent_at_s=NOW_S - 300), id="at-the-end-of-the-window"),
        pytest.param(request(sent_at_s=NOW_S + 300), id="from-a-clock-ahead"),
        pytest.param(request(change=lambda s: "v0=" + s[3:].upper()), id="upper-hex"),
    ],
)
def test_verify_takes_what_slack_signed(one: RawRequest) -> None:
    delivery = SlackWebhook().verify(one, BOTH)

    assert delivery.body == BODY
    assert delivery.delivery_key == "Ev0ONE"
    assert (delivery.source, delivery.lane) == (DeliverySource.WEBHOOK, Lane.INTERACTIVE)
    assert dict(delivery.headers) == {}


@pytest.mark.parametrize(
    ("one", "error"),
    [
        pytest.param(request("stranger"), SignatureWrong, id="strangers-secret"),
        pytest.param(request(""), SignatureWrong, id="empty-secret"),
        pytest.param(request(signed=BODY + b" "), SignatureWrong, id="changed-body"),
        pytest.param(
            request(body=base64.b64encode(BODY), signed=BODY), SignatureWrong, id="body-in-base64"
        ),
        pytest.param(
            request(sent_at_s=NOW_S - 301), SignatureStale, id="replayed-after-the-window"
        ),
        pytest.param(request(sent_at_s=NOW_S - 600), SignatureStale, id="ten-minutes-old"),
        pytest.param(request(sent_at_s=NOW_S + 301), SignatureStale, id="from-the-future"),
        pytest.param(
            request("stranger", sent_at_s=NOW_S - 600), SignatureWrong, id="old-and-a-strangers"
        ),
        pytest.param(request(without="x-slack-signature"), SignatureMissing, id="no-signature"),
        pytest.param(
            request(without="x-slack-request-timestamp"), SignatureMissing, id="no-timestamp"
        ),
        pytest.param(request(change=lambda s: s[:-1]), SignatureMalformed, id="short-signature"),
        pytest.param(request(change=lambda s: s[3:]), SignatureMalformed, id="no-version"),
        pytest.param(
            request(more={"x-slack-request-timestamp": "soon"}), SignatureMalformed, id="no-number"
        ),
        pytest.param(
            request(more={"x-slack-request-timestamp": str(NOW_S - 1)}),
            SignatureWrong,
            id="another-timestamp-than-was-signed",
        ),
    ],
)
def test_verify_refuses_everything_else(one: RawRequest, error: type[Exception]) -> None:
    secrets = IntakeSecrets(signing=(NEW, ""))

    with pytest.raises(error) as caught:
        SlackWebhook().verify(one, secrets)

    assert type(caught.value) is error
    assert NEW not in str(caught.value)


def test_a_window_error_says_how_far_the_clocks_are_apart() -> None:
    with pytest.raises(SignatureStale, match=r"600 s ago.*300 s are allowed"):
        SlackWebhook().verify(request(sent_at_s=NOW_S - 600), BOTH)


@pytest.mark.parametrize(
    ("body", "key", "lane"),
    [
        pytest.param(BODY, "Ev0ONE", Lane.INTERACTIVE, id="event"),
        pytest.param(samples.slash(), "11.22.aa", Lane.INTERACTIVE, id="slash-command"),
        pytest.param(
            samples.interaction(**samples.pressed()), "33.44.bb", Lane.INTERACTIVE, id="button"
        ),
        pytest.param(
            json.dumps(samples.envelope({"type": "team_join"})).encode(),
            "Ev0ONE",
            Lane.BULK,
            id="event-nobody-waits-for",
        ),
        pytest.param(b"{", f"sha256:{hashlib.sha256(b'{').hexdigest()}", Lane.BULK, id="no-json"),
        pytest.param(
            json.dumps(samples.envelope({}, event_id="a\nb")).encode(),
            None,
            Lane.BULK,
            id="unusable-id",
        ),
    ],
)
def test_a_delivery_is_known_by_slacks_own_id(body: bytes, key: str | None, lane: Lane) -> None:
    delivery = SlackWebhook().verify(request(body=body), BOTH)

    assert delivery.delivery_key == (key or f"sha256:{hashlib.sha256(body).hexdigest()}")
    assert delivery.lane is lane


def test_a_retry_is_the_same_delivery_and_says_that_it_is_one() -> None:
    more = {"x-slack-retry-num": "2", "x-slack-retry-reason": "http_timeout"}

    first = SlackWebhook().verify(request(), BOTH)
    again = SlackWebhook().verify(request(more=more, sent_at_s=NOW_S + 60), BOTH)

    assert again.delivery_key == first.delivery_key
    assert dict(again.headers) == more


@pytest.mark.parametrize(
    ("body", "answer", "is_kept"),
    [
        pytest.param(
            b'{"type": "url_verification", "challenge": "3eZb\\"rZ2"}',
            b'{"challenge":"3eZb\\"rZ2"}',
            False,
            id="challenge",
        ),
        pytest.param(b"ssl_check=1&token=x", b"", False, id="ssl-check"),
        pytest.param(samples.slash(), b"", True, id="slash-command"),
        pytest.param(samples.interaction(**samples.pressed()), b"", True, id="button"),
        pytest.param(BODY, b"", True, id="event"),
        pytest.param(b"\xff", b"", True, id="no-text"),
    ],
)
def test_nothing_is_shown_to_the_person_by_the_acknowledgement(
    body: bytes, answer: bytes, *, is_kept: bool
) -> None:
    receiver = SlackWebhook()

    wanted = receiver.acknowledge(receiver.verify(request(body=body), BOTH))

    assert (wanted.body, wanted.is_kept) == (answer, is_kept)
