"""Foreign senders are proved in their own ways, and mean what the settings say."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargehand.bootstrap.receiving import receiver_of
from chargehand.bootstrap.webhook import config_of, live_webhook
from chargehand.config.webhook_settings import WebhookConnection
from chargehand.connectors.webhook import webhook
from chargehand.domain.delivery import VerifiedDelivery
from chargehand.domain.event import Event
from chargehand.domain.ids import ConnectionId
from chargehand.plugins.connector import IntakeSecrets, RawRequest
from chargehand.plugins.errors import (
    SignatureMalformed,
    SignatureMissing,
    SignatureStale,
    SignatureWrong,
)
from chargehand.plugins.mapping import is_like
from tests.connectors.webhook.senders import SECRET, SENDERS, Sender

NOW = datetime(2026, 11, 19, 10, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
TOKEN = {"id": "plain", "proof": "token", "events": [{"kind": "release.published"}]}
ALL = pytest.mark.parametrize("sender", list(SENDERS.values()), ids=list(SENDERS))


def verify(
    configured: WebhookConnection,
    headers: dict[str, str],
    body: bytes,
    *,
    path_token: str | None = None,
) -> VerifiedDelivery:
    """What the front makes of a request."""
    secrets = IntakeSecrets(
        tuple(one.get_secret_value() for one in configured.webhook_secrets),
        configured.path_token.get_secret_value() if configured.path_token else None,
    )
    request = RawRequest(ConnectionId(configured.id), headers, body, path_token, NOW)
    return receiver_of(configured).verify(request, secrets)


def event_of(sender: Sender, body: bytes, headers: dict[str, str] | None = None) -> Event:
    configured = sender.configured()
    told = sender.headers(NOW_S, body) if headers is None else headers
    return live_webhook(configured).parser.parse(verify(configured, told, body))


@ALL
def test_a_foreign_sender_is_proved_and_meant(sender: Sender) -> None:
    event = event_of(sender, sender.body)

    found = {
        "kind": event.kind.value,
        "event_key": event.event_key,
        "project": event.project,
        "work_item": event.work_item,
        "text": event.text,
        "occurred_at": event.occurred_at.isoformat(),
    }
    assert found == {**found, **sender.meant}
    assert event.mentions == ()
    assert SECRET not in json.dumps(event.data)


def test_data_keeps_numbers_and_the_name_of_who_did_it() -> None:
    event = event_of(SENDERS["pagerduty"], SENDERS["pagerduty"].body)

    assert event.data["number"] == 2
    assert event.data["service"] == "Payments"
    assert event.actor.name == "Mei <!channel> Tanaka"
    assert event.actor.account_id is None


@ALL
def test_a_changed_body_or_missing_proof_is_refused(sender: Sender) -> None:
    configured, headers = sender.configured(), sender.headers(NOW_S)

    with pytest.raises(SignatureWrong):
        verify(configured, headers, sender.body + b" ")
    for name in headers:
        if "signature" in name or ("timestamp" in name and sender.settings["id"] != "sentry"):
            rest = {key: value for key, value in headers.items() if key != name}
            with pytest.raises(SignatureMissing):
                verify(configured, rest, sender.body)
            with pytest.raises((SignatureMalformed, SignatureWrong)):
                verify(configured, {**rest, name: "nonsense"}, sender.body)


@pytest.mark.parametrize("name", ["stripe", "grafana", "standard"])
@pytest.mark.parametrize("age_s", [-301, 301])
def test_what_was_signed_long_ago_is_refused(name: str, age_s: int) -> None:
    sender = SENDERS[name]

    with pytest.raises(SignatureStale):
        verify(sender.configured(), sender.headers(NOW_S - age_s), sender.body)


@pytest.mark.parametrize(
    "form",
    [
        {"algorithm": "sha1", "encoding": "hex", "proof_prefix": "sha1="},
        {"algorithm": "sha512", "encoding": "base64"},
        {"algorithm": "sha256", "encoding": "base64", "proof_prefix": "sha256="},
    ],
    ids=str,
)
def test_every_form_of_hmac_proves(form: dict[str, str]) -> None:
    entry = {"id": "plain", "proof": "hmac", "proof_header": "X-Sig", **form}
    configured = WebhookConnection(
        projects=["PAY"], webhook_secrets=["an-old-one", SECRET], **entry
    )
    proof = config_of(configured).proof
    headers = webhook.sign(proof, SECRET, identifier="1", sent_at_s=NOW_S, body=b"{}")

    assert verify(configured, headers, b"{}").delivery_key.startswith("sha256:")
    with pytest.raises(SignatureWrong):
        verify(configured, headers, b"{ }")


def test_a_token_and_a_path_prove() -> None:
    token = WebhookConnection(projects=["PAY"], webhook_secrets=[SECRET], **TOKEN)
    path = WebhookConnection(projects=["PAY"], **{**TOKEN, "proof": "path", "path_token": "p" * 32})

    assert verify(token, {"authorization": f"Bearer {SECRET}"}, b"{}").headers == {}
    assert verify(path, {}, b"{}", path_token="p" * 32)
    with pytest.raises(SignatureWrong):
        verify(token, {"authorization": f"Bearer {SECRET}x"}, b"{}")
    with pytest.raises(SignatureMalformed):
        verify(token, {"authorization": f"Basic {SECRET}"}, b"{}")
    with pytest.raises(SignatureWrong):
        verify(path, {}, b"{}", path_token="q" * 32)
    with pytest.raises(SignatureMissing):
        verify(path, {}, b"{}")


def test_no_rule_leaves_a_delivery_at_being_recorded() -> None:
    sender = SENDERS["pagerduty"]
    low = copy.deepcopy(dict(sender.payload))
    low["event"]["data"]["urgency"] = "low"

    assert event_of(sender, json.dumps(low).encode()).data == {"reason": "no_rule"}
    assert event_of(sender, b"not json").data == {"reason": "not_json"}
    trial = {**SENDERS["stripe"].payload, "livemode": False}
    left_out = event_of(SENDERS["stripe"], json.dumps(trial).encode())
    assert (left_out.kind.value, left_out.data["reason"]) == ("unsupported", "left_out")


def test_another_project_than_the_served_is_none() -> None:
    sender = SENDERS["sentry"]
    other = copy.deepcopy(dict(sender.payload))
    other["data"]["issue"]["project"]["slug"] = "secret"

    assert event_of(sender, json.dumps(other).encode()).project is None


WRONG = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([-1, 10**25, 1e308, float("-inf"), "", "x" * 9_000, "\ud800\u202e\x00"]),
    st.sampled_from([[], [None, [None], {"a": [{}]}], {}, {"type": ["x"]}, "9" * 30, "0"]),
).map(copy.deepcopy)


@st.composite
def broken(draw: st.DrawFn) -> tuple[Sender, Any]:
    """A right payload in which some values became other ones."""
    sender = draw(st.sampled_from(list(SENDERS.values())))
    payload: Any = copy.deepcopy(dict(sender.payload))
    for _ in range(draw(st.integers(1, 4))):
        place = payload
        while True:
            names = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not names:
                break
            name = draw(st.sampled_from(names))
            inner = place[name]
            if isinstance(inner, dict | list) and inner and draw(st.integers(0, 3)):
                place = inner
                continue
            place[name] = draw(WRONG)
            break
    return sender, payload


@settings(max_examples=200, deadline=None)
@given(found=broken())
def test_a_broken_payload_is_one_event(found: tuple[Sender, Any]) -> None:
    sender, payload = found

    event = event_of(sender, json.dumps(payload).encode())

    assert event.event_key.startswith(f"{sender.settings['id']}:")
    assert len(event.event_key) < 400
    json.dumps(event.data, allow_nan=False).encode()
    (event.text or "").encode()


@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=300), name=st.sampled_from(list(SENDERS)))
def test_any_bytes_are_one_event(body: bytes, name: str) -> None:
    assert event_of(SENDERS[name], body).event_key.startswith(f"{name}:")


@pytest.mark.parametrize(
    ("text", "pattern", "is_so"),
    [
        ("incident.triggered", "incident.*", True),
        ("incident.triggered", "*.trig*", True),
        ("incident", "incident", True),
        ("incident", "incidents", False),
        ("aa", "a*aa", False),
        ("abcabc", "*b*b*", True),
        ("a" * 20_000, "*a" * 100 + "b", False),
    ],
    ids=str,
)
def test_a_pattern_takes_linear_time(text: str, pattern: str, is_so: bool) -> None:  # noqa: FBT001
    assert is_like(text, pattern) is is_so
