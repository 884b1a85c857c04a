"""Who may hand in a payload: whoever signs it, or knows the path."""

from collections.abc import Mapping

import pytest

from chargehand.connectors.bitbucket.webhook import BitbucketWebhook
from chargehand.domain.delivery import Lane, VerifiedDelivery
from chargehand.domain.ids import ConnectionId
from chargehand.plugins.connector import OUR_OWN, IntakeSecrets, RawRequest
from chargehand.plugins.errors import SignatureMalformed, SignatureMissing, SignatureWrong
from chargehand.plugins.hub_signature import hub_signature
from tests.connectors.bitbucket.reading.samples import RECEIVED_AT, SECRET

BODY = b'{"pullrequest": {}}'
SIGNED = {"x-hub-signature": hub_signature(SECRET, BODY)}


def verify(
    headers: Mapping[str, str], *, path_token: str | None = None, known: str | None = None
) -> VerifiedDelivery:
    request = RawRequest(ConnectionId("bitbucket"), headers, BODY, path_token, RECEIVED_AT)
    return BitbucketWebhook().verify(request, IntakeSecrets(("", "old", SECRET), known))


@pytest.mark.parametrize("name", ["x-request-uuid", "x-request-id"])
def test_a_signed_request_is_known_by_the_vendors_id(name: str) -> None:
    headers = {**SIGNED, name: "abc", "x-event-key": "pullrequest:comment_created"}

    delivery = verify(headers)

    assert (delivery.delivery_key, delivery.lane) == ("abc", Lane.INTERACTIVE)
    assert delivery.headers == {"x-event-key": "pullrequest:comment_created"}
    assert BitbucketWebhook().acknowledge(delivery) is OUR_OWN


def test_without_an_id_the_body_is_the_key() -> None:
    delivery = verify({**SIGNED, "x-request-uuid": "\n", "x-event-key": "repo:push"})

    assert delivery.delivery_key.startswith("sha256:")
    assert delivery.lane is Lane.BULK


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({}, SignatureMissing),
        ({"x-hub-signature": "sha1=ab"}, SignatureMalformed),
        ({"x-hub-signature": hub_signature("other", BODY)}, SignatureWrong),
        ({"x-hub-signature": hub_signature("", BODY)}, SignatureWrong),
    ],
    ids=["none", "form", "other", "empty-secret"],
)
def test_a_request_nobody_proved_is_refused(
    headers: Mapping[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        verify(headers)


def test_the_path_stands_for_a_signature_where_it_is_switched_on() -> None:
    token = "t" * 24

    assert verify({}, path_token=token, known=token).body == BODY
    with pytest.raises(SignatureWrong):
        verify({}, path_token="guess", known=token)
    with pytest.raises(SignatureMissing):
        verify({}, path_token=token, known=None)
    with pytest.raises(SignatureWrong):
        verify({"x-hub-signature": hub_signature("no", BODY)}, path_token=token, known=token)
