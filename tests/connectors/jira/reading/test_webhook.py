import hashlib
import hmac
import json
from collections.abc import Callable, Mapping

import pytest

from chargehand.connectors.jira.webhook import JiraWebhook
from chargehand.domain.delivery import DeliverySource, Lane
from chargehand.plugins.connector import IntakeSecrets, RawRequest
from chargehand.plugins.errors import SignatureMalformed, SignatureMissing, SignatureWrong
from tests.connectors.jira.reading.samples import CONNECTION, RECEIVED_AT, load

BODY = json.dumps(load("comment_created__mention")).encode()
OLD, NEW, STRANGER = "old-secret", "new-secret", "somebody-elses"
TOKEN = "t0k3n-that-nobody-guesses"


def sign(secret: str, body: bytes = BODY) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def request(
    signature: str | None = None,
    *,
    body: bytes = BODY,
    token: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> RawRequest:
    given = dict(headers or {})
    if signature is not None:
        given["x-hub-signature"] = signature
    return RawRequest(CONNECTION, given, body, token, RECEIVED_AT)


BOTH = IntakeSecrets(signing=(NEW, OLD))
ONLY_NEW = IntakeSecrets(signing=(NEW,))
WITH_TOKEN = IntakeSecrets(signing=(NEW,), path_token=TOKEN)
ONLY_TOKEN = IntakeSecrets(path_token=TOKEN)


@pytest.mark.parametrize(
    ("secrets", "signature", "token"),
    [
        pytest.param(BOTH, sign(NEW), None, id="new-secret-during-rotation"),
        pytest.param(BOTH, sign(OLD), None, id="old-secret-during-rotation"),
        pytest.param(ONLY_NEW, sign(NEW), None, id="new-secret-after-rotation"),
        pytest.param(ONLY_NEW, sign(NEW).upper().replace("SHA256", "sha256"), None, id="upper-hex"),
        pytest.param(ONLY_NEW, sign(NEW), TOKEN, id="token-not-switched-on-is-no-claim"),
        pytest.param(WITH_TOKEN, None, TOKEN, id="token-alone"),
        pytest.param(ONLY_TOKEN, None, TOKEN, id="token-alone-without-secrets"),
        pytest.param(WITH_TOKEN, sign(NEW), None, id="signature-where-token-is-allowed"),
        pytest.param(WITH_TOKEN, sign(NEW), TOKEN, id="both"),
    ],
)
def test_proved_request_becomes_a_delivery(
    secrets: IntakeSecrets, signature: str | None, token: str | None
) -> None:
    delivery = JiraWebhook().verify(request(signature, token=token), secrets)

    assert delivery.body == BODY
    assert delivery.source is DeliverySource.WEBHOOK
    assert (delivery.connector, delivery.connection_id) == ("jira", CONNECTION)
    assert delivery.received_at == RECEIVED_AT


@pytest.mark.parametrize(
    ("secrets", "signature", "token", "error"),
    [
        pytest.param(ONLY_NEW, None, None, SignatureMissing, id="unsigned"),
        pytest.param(ONLY_NEW, None, TOKEN, SignatureMissing, id="token-not-switched-on"),
        pytest.param(WITH_TOKEN, None, None, SignatureMissing, id="neither"),
        pytest.param(WITH_TOKEN, None, "", SignatureMissing, id="empty-token"),
        pytest.param(ONLY_NEW, sign(OLD), None, SignatureWrong, id="old-secret-after-rotation"),
        pytest.param(BOTH, sign(STRANGER), None, SignatureWrong, id="unknown-secret"),
        pytest.param(BOTH, sign(NEW, BODY + b" "), None, SignatureWrong, id="another-body"),
        pytest.param(IntakeSecrets(), sign(""), None, SignatureWrong, id="no-secret"),
        pytest.param(
            IntakeSecrets(signing=("",)), sign(""), None, SignatureWrong, id="empty-secret"
        ),
        pytest.param(ONLY_TOKEN, sign(NEW), TOKEN, SignatureWrong, id="unverifiable-with-token"),
        pytest.param(WITH_TOKEN, sign(OLD), TOKEN, SignatureWrong, id="wrong-beside-right-token"),
        pytest.param(WITH_TOKEN, sign(NEW), "nope", SignatureWrong, id="right-beside-wrong-token"),
        pytest.param(WITH_TOKEN, None, TOKEN + "x", SignatureWrong, id="wrong-token"),
        pytest.param(WITH_TOKEN, None, "\udcff", SignatureWrong, id="token-not-unicode"),
        pytest.param(ONLY_NEW, "", None, SignatureMalformed, id="empty"),
        pytest.param(ONLY_NEW, sign(NEW)[7:], None, SignatureMalformed, id="no-prefix"),
        pytest.param(
            ONLY_NEW, "sha1=" + sign(NEW)[7:], None, SignatureMalformed, id="other-prefix"
        ),
        pytest.param(ONLY_NEW, sign(NEW)[:-1], None, SignatureMalformed, id="short"),
        pytest.param(ONLY_NEW, sign(NEW) + "0", None, SignatureMalformed, id="long"),
        pytest.param(ONLY_NEW, sign(NEW) + "\n", None, SignatureMalformed, id="line-break"),
        pytest.param(ONLY_NEW, "sha256=" + "g" * 64, None, SignatureMalformed, id="not-hex"),
        pytest.param(ONLY_NEW, "sha256=" + "\u0661" * 64, None, SignatureMalformed, id="not-ascii"),
        pytest.param(ONLY_NEW, "sha256=\udcff", None, SignatureMalformed, id="not-unicode"),
        pytest.param(WITH_TOKEN, "garbage", TOKEN, SignatureMalformed, id="malformed-beside-token"),
    ],
)
def test_unproved_request_is_refused(
    secrets: IntakeSecrets,
    signature: str | None,
    token: str | None,
    error: type[Exception],
) -> None:
    with pytest.raises(error):
        JiraWebhook().verify(request(signature, token=token), secrets)


HASH = "sha256:" + hashlib.sha256(BODY).hexdigest()


@pytest.mark.parametrize(
    ("identifier", "key"),
    [
        pytest.param("abc-123", "abc-123", id="vendor-id"),
        pytest.param("  abc-123 ", "abc-123", id="stripped"),
        pytest.param("x" * 200, "x" * 200, id="longest"),
        pytest.param("x" * 201, HASH, id="too-long"),
        pytest.param("", HASH, id="empty"),
        pytest.param("a\x00b", HASH, id="control"),
        pytest.param("caf\u00e9", HASH, id="not-ascii"),
        pytest.param(None, HASH, id="absent"),
    ],
)
def test_delivery_key_is_the_vendors_id_or_the_hash(identifier: str | None, key: str) -> None:
    headers = {} if identifier is None else {"x-atlassian-webhook-identifier": identifier}

    delivery = JiraWebhook().verify(request(sign(NEW), headers=headers), ONLY_NEW)

    assert delivery.delivery_key == key


def test_headers_keep_no_secret_and_nothing_unneeded() -> None:
    headers = {
        "authorization": "Bearer x",
        "cookie": "a=b",
        "user-agent": "Atlassian HttpClient",
        "x-atlassian-webhook-identifier": "abc",
        "x-atlassian-webhook-retry": "2",
        "x-atlassian-webhook-flow": "Primary\x00",
    }

    delivery = JiraWebhook().verify(request(sign(NEW), headers=headers), ONLY_NEW)

    assert delivery.headers == {
        "x-atlassian-webhook-identifier": "abc",
        "x-atlassian-webhook-retry": "2",
    }


def as_body(fixture: str) -> bytes:
    return json.dumps(load(fixture)).encode()


@pytest.mark.parametrize(
    ("make_body", "lane"),
    [
        pytest.param(lambda: as_body("comment_created__mention"), Lane.INTERACTIVE, id="created"),
        pytest.param(lambda: as_body("comment_deleted__by_other"), Lane.INTERACTIVE, id="deleted"),
        pytest.param(lambda: as_body("issue_updated__commented"), Lane.INTERACTIVE, id="twin"),
        pytest.param(lambda: as_body("issue_updated__comment_edited"), Lane.INTERACTIVE, id="edit"),
        pytest.param(lambda: as_body("issue_updated__status"), Lane.BULK, id="status"),
        pytest.param(lambda: as_body("worklog_created__with_comment"), Lane.BULK, id="worklog"),
        pytest.param(lambda: b'{"webhookEvent": ["comment_created"]}', Lane.BULK, id="wrong-type"),
        pytest.param(lambda: b'["comment_created"]', Lane.BULK, id="array"),
        pytest.param(lambda: b'{"webhookEvent":"comment_created"', Lane.BULK, id="cut-off"),
        pytest.param(lambda: b"", Lane.BULK, id="empty"),
        pytest.param(lambda: b"\xff\xfe", Lane.BULK, id="not-text"),
        pytest.param(lambda: b'{"x":' + b"[" * 100_000, Lane.BULK, id="deep"),
    ],
)
def test_comments_take_the_interactive_lane(make_body: Callable[[], bytes], lane: Lane) -> None:
    body = make_body()

    delivery = JiraWebhook().verify(request(sign(NEW, body), body=body), ONLY_NEW)

    assert delivery.lane is lane


def test_receiver_shows_the_manifest() -> None:
    assert JiraWebhook().manifest.name == "jira"
