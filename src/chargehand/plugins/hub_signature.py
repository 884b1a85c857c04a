"""Proves a sender by `X-Hub-Signature`, or by the path token of one that can not sign."""

import hashlib
import re
from collections.abc import Mapping
from typing import Final

from chargehand.kit.signing import hmac_sha256_hex, matches_any
from chargehand.plugins.connector import IntakeSecrets, RawRequest
from chargehand.plugins.errors import SignatureMalformed, SignatureMissing, SignatureWrong

SIGNATURE_HEADER: Final = "x-hub-signature"
_SHOWN_HEADER: Final = "X-Hub-Signature"
_SIGNATURE: Final = re.compile(r"sha256=([0-9a-fA-F]{64})")
_MAX_HEADER_CHARS: Final = 200


def prove_hub_signature(
    request: RawRequest, secrets: IntakeSecrets, *, header: str = _SHOWN_HEADER
) -> None:
    """Pass when the body is signed with an active secret, or came under the path token.

    Shape: `header` is the name of the signature's header as its vendor writes it.
    Raises: SignatureMissing, SignatureMalformed, SignatureWrong, all Rejected.
    """
    has_token_proof = bool(secrets.path_token and request.path_token)
    if has_token_proof and not matches_any(request.path_token or "", (secrets.path_token or "",)):
        raise SignatureWrong
    presented = request.headers.get(header.lower())
    if presented is not None:
        # A signature is a claim of its own: a wrong one is never outvoted by a right token.
        _check_signature(presented, request.body, secrets.signing, header)
    elif not has_token_proof:
        raise SignatureMissing(header=header)


def hub_signature(secret: str, body: bytes) -> str:
    """What the signature header of a body holds."""
    return f"sha256={hmac_sha256_hex(secret.encode(), body)}"


def key_of_delivery(headers: Mapping[str, str], body: bytes, *names: str) -> str:
    """The first sane id under one of some headers, else one made of the body."""
    for name in names:
        identifier = headers.get(name, "").strip()
        if is_sane_header(identifier):
            return identifier
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def is_sane_header(value: str) -> bool:
    """Whether a header's value can be kept: short, printable ASCII, and not empty."""
    return 0 < len(value) <= _MAX_HEADER_CHARS and value.isascii() and value.isprintable()


def _check_signature(presented: str, body: bytes, secrets: tuple[str, ...], header: str) -> None:
    signature = _SIGNATURE.fullmatch(presented)
    if signature is None:
        raise SignatureMalformed(header=header, form="sha256=<64 hex digits>")
    # An empty secret would let everybody sign.
    expected = [hmac_sha256_hex(secret.encode(), body) for secret in secrets if secret]
    if not matches_any(signature[1].lower(), expected):
        raise SignatureWrong
