"""Who may speak as GitHub: a right signature over exactly these bytes."""

import json

import pytest

from chargehand.connectors.github.webhook import GitHubWebhook, sign
from chargehand.domain.delivery import DeliverySource, Lane
from chargehand.plugins.connector import IntakeSecrets, RawRequest
from chargehand.plugins.errors import SignatureMalformed, SignatureMissing, SignatureWrong
from tests.connectors.github.reading.samples import CONNECTION, RECEIVED_AT, load

BODY = json.dumps(load("issue_comment__mention")).encode()
SECRETS = IntakeSecrets(signing=("older secret", "newer secret"))


def request(signature: str | None, *, body: bytes = BODY, **headers: str) -> RawRequest:
    given = {} if signature is None else {"x-hub-signature-256": signature}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return RawRequest(CONNECTION, {**given, **named}, body, None, RECEIVED_AT)


@pytest.mark.parametrize("secret", SECRETS.signing)
def test_either_active_secret_proves_github(secret: str) -> None:
    delivery = GitHubWebhook().verify(
        request(sign(secret, BODY), x_github_event="issue_comment", x_github_delivery="d-7"),
        SECRETS,
    )

    assert (delivery.delivery_key, delivery.source) == ("d-7", DeliverySource.WEBHOOK)
    assert delivery.lane is Lane.INTERACTIVE
    assert delivery.headers == {"x-github-event": "issue_comment"}
    assert delivery.body == BODY


def test_the_signature_is_what_github_documents() -> None:
    """The example of docs.github.com, "Validating webhook deliveries"."""
    signature = sign("It's a Secret to Everybody", b"Hello, World!")

    assert signature == "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


@pytest.mark.parametrize(
    ("signature", "error"),
    [
        (None, SignatureMissing),
        ("", SignatureMalformed),
        ("sha1=" + "0" * 40, SignatureMalformed),
        ("sha256=" + "0" * 63, SignatureMalformed),
        ("sha256=" + "0" * 64, SignatureWrong),
        (sign("", BODY), SignatureWrong),
        (sign("newer secret", BODY + b" "), SignatureWrong),
    ],
    ids=["none", "empty", "sha1", "short", "zeros", "empty secret", "other bytes"],
)
def test_nobody_else_gets_in(signature: str | None, error: type[Exception]) -> None:
    secrets = IntakeSecrets(signing=("newer secret", ""))

    with pytest.raises(error):
        GitHubWebhook().verify(request(signature), secrets)


def test_what_nobody_waits_for_goes_behind() -> None:
    proved = request(sign("newer secret", BODY), x_github_event="push", x_github_delivery="\x00")

    delivery = GitHubWebhook().verify(proved, SECRETS)

    assert delivery.lane is Lane.BULK
    assert delivery.delivery_key.startswith("sha256:")
