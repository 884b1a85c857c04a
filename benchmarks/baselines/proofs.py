"""How a service written without us would prove each vendor, and know what it was told before."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Proof = Callable[[Mapping[str, str], bytes], str | None]
"""The delivery key of a request; None when the signature is wrong."""
_FRESH_S = 300


def jira_proof(secret: str) -> Proof:
    """HMAC over the body."""

    def prove(headers: Mapping[str, str], body: bytes) -> str | None:
        expected = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
        is_right = hmac.compare_digest(headers.get("x-hub-signature", ""), expected)
        return headers["x-atlassian-webhook-identifier"] if is_right else None

    return prove


def slack_proof(secret: str) -> Proof:
    """HMAC over version, time and body."""

    def prove(headers: Mapping[str, str], body: bytes) -> str | None:
        sent_at = headers["x-slack-request-timestamp"]
        signed = b"v0:" + sent_at.encode() + b":" + body
        expected = f"v0={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"
        is_right = hmac.compare_digest(headers.get("x-slack-signature", ""), expected)
        if not is_right or abs(time.time() - int(sent_at)) > _FRESH_S:
            return None
        is_form = headers["content-type"].startswith("application/x-www-form-urlencoded")
        told = json.loads(parse_qs(body.decode())["payload"][0] if is_form else body)
        return str(told.get("event_id") or told["trigger_id"])

    return prove


def discord_proof(public_key: str) -> Proof:
    """Ed25519 over time and body."""
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))

    def prove(headers: Mapping[str, str], body: bytes) -> str | None:
        sent_at = headers["x-signature-timestamp"]
        try:
            key.verify(bytes.fromhex(headers["x-signature-ed25519"]), sent_at.encode() + body)
        except InvalidSignature:
            return None
        return str(json.loads(body)["id"]) if abs(time.time() - int(sent_at)) <= _FRESH_S else None

    return prove


def github_proof(secret: str) -> Proof:
    """HMAC over the body, under GitHub's headers."""

    def prove(headers: Mapping[str, str], body: bytes) -> str | None:
        is_right = _is_signed(secret, headers.get("x-hub-signature-256", ""), body)
        return headers["x-github-delivery"] if is_right else None

    return prove


def bitbucket_proof(secret: str) -> Proof:
    """HMAC over the body, under Bitbucket's headers."""

    def prove(headers: Mapping[str, str], body: bytes) -> str | None:
        is_right = _is_signed(secret, headers.get("x-hub-signature", ""), body)
        return headers["x-request-uuid"] if is_right else None

    return prove


def confluence_proof(secret: str) -> Proof:
    """HMAC over the body, which has no id but itself."""

    def prove(headers: Mapping[str, str], body: bytes) -> str | None:
        is_right = _is_signed(secret, headers.get("x-hub-signature", ""), body)
        return hashlib.sha256(body).hexdigest() if is_right else None

    return prove


def standard_proof(secret: str) -> Proof:
    """Standard Webhooks: HMAC over id, time and body."""
    key = base64.b64decode(secret.removeprefix("whsec_"))

    def prove(headers: Mapping[str, str], body: bytes) -> str | None:
        identifier, sent_at = headers["webhook-id"], headers["webhook-timestamp"]
        signed = f"{identifier}.{sent_at}.".encode() + body
        digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        is_right = hmac.compare_digest(headers.get("webhook-signature", ""), f"v1,{digest}")
        return identifier if is_right and abs(time.time() - int(sent_at)) <= _FRESH_S else None

    return prove


def _is_signed(secret: str, presented: str, body: bytes) -> bool:
    expected = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
    return hmac.compare_digest(presented, expected)


PROOFS: Mapping[str, Callable[[str], Proof]] = {
    "jira": jira_proof,
    "slack": slack_proof,
    "discord": discord_proof,
    "github": github_proof,
    "bitbucket": bitbucket_proof,
    "confluence": confluence_proof,
    "webhook": standard_proof,
}
