"""Proves that a request comes from Slack; does no input and no output."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from chargehand.connectors.slack.form_check import form_refusal
from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.kit.clock import EPOCH
from chargehand.kit.signing import matches_any
from chargehand.plugins.connector import Acknowledgement, IntakeSecrets, Manifest, RawRequest
from chargehand.plugins.errors import (
    SignatureMalformed,
    SignatureMissing,
    SignatureStale,
    SignatureWrong,
)
from chargehand.plugins.manifest import load_manifest

CONNECTOR: Final = "slack"
SIGNATURE_HEADER: Final = "x-slack-signature"
TIMESTAMP_HEADER: Final = "x-slack-request-timestamp"
WINDOW_S: Final = 300
MOST_FORM_FIELDS: Final = 200
_KEPT_HEADERS: Final = ("x-slack-retry-num", "x-slack-retry-reason")
_SIGNATURE: Final = re.compile(r"v0=([0-9a-fA-F]{64})")
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_ID: Final = re.compile(r"[\x21-\x7e]{1,200}")
_MAX_HEADER_CHARS: Final = 200
# What a person may be waiting for; everything else in a workspace can wait behind it.
_INTERACTIVE: Final = frozenset({"app_mention", "message", "reaction_added", "reaction_removed"})
# Whatever a slash command or a button is answered with is shown to the person, so it is nothing.
_NOTHING: Final = Acknowledgement(body=b"", content_type="text/plain")


class _Inner(msgspec.Struct, gc=False):
    type: str = ""


class _Heading(msgspec.Struct, gc=False):
    """The fields that tell what a body is about; the rest is skipped unread."""

    type: str = ""
    event_id: str = ""
    trigger_id: str = ""
    challenge: str = ""
    event: _Inner | None = None


_HEADING_DECODER: Final = msgspec.json.Decoder(_Heading)


class SlackWebhook:
    """Receives events, slash commands and interactions of one Slack app."""

    @property
    def manifest(self) -> Manifest:
        """What the connector says of itself."""
        return load_manifest(__package__ or "")

    def verify(self, request: RawRequest, secrets: IntakeSecrets) -> VerifiedDelivery:
        """Turn a proved request into a delivery.

        Raises: SignatureMissing, SignatureMalformed, SignatureStale, SignatureWrong, all Rejected.
        Source: docs.slack.dev/authentication/verifying-requests-from-slack (read 2026-11)
        """
        _prove(request, secrets.signing)
        key, lane = key_and_lane(request.body)
        return VerifiedDelivery(
            connection_id=request.connection_id,
            connector=CONNECTOR,
            delivery_key=key,
            source=DeliverySource.WEBHOOK,
            lane=lane,
            received_at=request.received_at,
            body=request.body,
            headers=_kept_headers(request.headers),
        )

    def acknowledge(self, delivery: VerifiedDelivery) -> Acknowledgement:
        """Slack wants its challenge back, and of everything else silence with a good status."""
        heading = _heading_of(delivery.body)
        if heading.type == "view_submission":
            return _answer_to_form(delivery.body)
        if heading.type == "url_verification":
            body = msgspec.json.encode({"challenge": heading.challenge})
            return Acknowledgement(body=body, is_kept=False)
        if delivery.body.startswith(b"ssl_check="):
            return Acknowledgement(body=b"", content_type="text/plain", is_kept=False)
        return _NOTHING


def _answer_to_form(body: bytes) -> Acknowledgement:
    is_json = body.lstrip()[:1] == b"{"
    payload = body if is_json else form_fields(body).get("payload", "").encode("utf-8", "replace")
    refusal = form_refusal(payload)
    if refusal is None:
        return _NOTHING
    # The form stays open with a sentence at the field; nothing was said yet.
    return Acknowledgement(body=msgspec.json.encode(refusal), is_kept=False)


def sign(secret: str, *, sent_at_s: int, body: bytes) -> str:
    """What the signature header holds for a body sent at a time."""
    signed = f"v0:{sent_at_s}:".encode() + body
    return "v0=" + hmac.digest(secret.encode(), signed, "sha256").hex()


def key_and_lane(body: bytes) -> tuple[str, Lane]:
    """What a body is known by, and how urgent it is: the same whichever way it came."""
    heading = _heading_of(body)
    return _key_of(heading, body), _lane_of(heading)


def _prove(request: RawRequest, secrets: tuple[str, ...]) -> None:
    header = request.headers.get(SIGNATURE_HEADER)
    if header is None:
        raise SignatureMissing(header="X-Slack-Signature")
    stamp = request.headers.get(TIMESTAMP_HEADER)
    if stamp is None:
        raise SignatureMissing(header="X-Slack-Request-Timestamp")
    signature = _SIGNATURE.fullmatch(header)
    if signature is None:
        raise SignatureMalformed(header="X-Slack-Signature", form="v0=<64 hex digits>")
    if _TIMESTAMP.fullmatch(stamp) is None:
        raise SignatureMalformed(header="X-Slack-Request-Timestamp", form="<whole seconds>")
    # The signature first: an old request that was never signed is a stranger's, not a late one.
    # An empty secret would let everybody sign. The stamp is signed as it was written.
    signed = f"v0:{stamp}:".encode() + request.body
    expected = [hmac.digest(one.encode(), signed, "sha256").hex() for one in secrets if one]
    if not matches_any(signature[1].lower(), expected):
        raise SignatureWrong
    age_s = (request.received_at - EPOCH).total_seconds() - int(stamp)
    if abs(age_s) > WINDOW_S:
        raise SignatureStale(age_s=round(age_s), window_s=WINDOW_S)


def _heading_of(body: bytes) -> _Heading:
    found = body
    if body.lstrip()[:1] != b"{":
        form = form_fields(body)
        if "payload" not in form:
            return _Heading(type="command", trigger_id=form.get("trigger_id", ""))
        found = form["payload"].encode("utf-8", "replace")
    try:
        return _HEADING_DECODER.decode(found)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _Heading()


def form_fields(body: bytes) -> dict[str, str]:
    """The fields of a form-encoded body; empty when it is none, whatever the bytes."""
    try:
        text = body.decode("utf-8", "replace").strip()
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FORM_FIELDS)
    except ValueError:
        return {}
    return dict(pairs)


def _key_of(heading: _Heading, body: bytes) -> str:
    for identifier in (heading.event_id, heading.trigger_id):
        if _ID.fullmatch(identifier):
            return identifier
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def _lane_of(heading: _Heading) -> Lane:
    if heading.type == "event_callback":
        is_waited_for = heading.event is not None and heading.event.type in _INTERACTIVE
        return Lane.INTERACTIVE if is_waited_for else Lane.BULK
    return Lane.INTERACTIVE if heading.trigger_id else Lane.BULK


def _kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    found = ((name, headers.get(name, "")) for name in _KEPT_HEADERS)
    return {name: value for name, value in found if _is_sane(value)}


def _is_sane(value: str) -> bool:
    return 0 < len(value) <= _MAX_HEADER_CHARS and value.isascii() and value.isprintable()
