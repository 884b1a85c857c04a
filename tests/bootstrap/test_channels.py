"""What a mail server and a webhook's receiver see of a notice, and what is said when they fail."""

import base64
import json
import socket
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from chargehand.bootstrap.channels import notice_channels
from chargehand.config.notice_settings import NoticeSettings
from chargehand.domain.ids import NoticeId
from chargehand.domain.records import NoticeRecord, Severity
from chargehand.kit.signing import standard_webhook_signature
from chargehand.pipeline.telling import ChannelFailed
from tests.bootstrap.hook_server import hook_server
from tests.bootstrap.mail_server import mail_server

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
KEY = b"a key of twenty-four byte"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
NOTICE = NoticeRecord(
    id=NoticeId("ntc_01m8cvdvbtfabr2fwtvg4vzq5b"),
    notice_key="disk_low:disk",
    severity=Severity.CRITICAL,
    code="disk_low",
    subject_id="disk",
    text="Only 3 MiB are free.\nSigned in with Bearer abcdefghijklmnop.",
    first_at=NOW,
    last_at=NOW,
    count=1,
)


def mail_settings(port: int) -> dict[str, Any]:
    return {
        "email_to": ["ops@example.com", "lead@example.com"],
        "email_from": "chargehand@example.com",
        "smtp_host": "127.0.0.1",
        "smtp_port": port,
        "smtp_security": "none",
    }


def send(**settings: Any) -> None:
    (channel,) = notice_channels(NoticeSettings(**settings))
    channel.send(NOTICE, now=NOW)


def test_mail_says_what_happened_and_carries_the_id_of_the_notice() -> None:
    with mail_server() as server:
        send(**mail_settings(server.port))

    (message,) = server.messages
    assert message["Subject"].startswith("[chargehand] critical: Only 3 MiB are free.")
    assert message["Message-ID"] == f"<{NOTICE.id}@example.com>"
    assert message["To"] == "ops@example.com, lead@example.com"
    assert [one.lower() for one in server.commands if one.upper().startswith("RCPT")] == [
        "rcpt to:<ops@example.com>",
        "rcpt to:<lead@example.com>",
    ]
    text = message.get_payload()
    assert "code      disk_low" in text
    assert "abcdefghijklmnop" not in f"{text}{message['Subject']}"


def test_mail_that_is_refused_is_told_as_such() -> None:
    with mail_server() as server:
        server.refuses = True
        with pytest.raises(ChannelFailed, match="not here"):
            send(**mail_settings(server.port))


def test_mail_server_that_does_not_encrypt_gets_no_password() -> None:
    with mail_server() as server:
        settings = {
            **mail_settings(server.port),
            "smtp_security": "starttls",
            "smtp_user": "bot",
            "smtp_password": "secret-of-the-bot",
        }
        with pytest.raises(ChannelFailed, match="STARTTLS"):
            send(**settings)

    assert server.messages == []
    assert not any("AUTH" in command.upper() for command in server.commands)


def test_post_is_signed_so_that_its_receiver_can_tell() -> None:
    with hook_server() as server:
        send(webhook_url=server.url, webhook_secret=SECRET)

    ((path, headers, body),) = server.posts
    sent = json.loads(body)
    assert path == "/hook"
    assert headers["webhook-id"] == NOTICE.id
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert headers["webhook-signature"] == standard_webhook_signature(
        KEY, NOTICE.id, int(NOW.timestamp()), body
    )
    assert (sent["type"], sent["data"]["code"]) == ("notice.raised", "disk_low")
    assert b"abcdefghijklmnop" not in body


@pytest.mark.parametrize("status", [302, 307, 400, 500])
def test_post_that_is_not_taken_is_told_by_its_status(status: int) -> None:
    with hook_server() as server:
        server.status = status
        server.headers["location"] = f"{server.url}/elsewhere"
        with pytest.raises(ChannelFailed, match=f"HTTP {status}"):
            send(webhook_url=server.url, webhook_secret=SECRET)

    assert len(server.posts) == 1


def test_nobody_there_is_told_without_the_secret() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(ChannelFailed) as failed:
        send(webhook_url=f"http://127.0.0.1:{port}/hook", webhook_secret=SECRET)

    assert SECRET not in str(failed.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        pytest.param({"webhook_url": "https://x.example"}, "needs webhook_secret", id="unsigned"),
        pytest.param({"webhook_url": "ftp://x", "webhook_secret": SECRET}, "http", id="scheme"),
        pytest.param(
            {"webhook_url": "https://a:b@x.example", "webhook_secret": SECRET}, "signed", id="user"
        ),
        pytest.param({"webhook_secret": "secret"}, "whsec_", id="plain-secret"),
        pytest.param({"webhook_secret": "whsec_c2hvcnQ="}, "24 to 64", id="short-secret"),
        pytest.param({"email_to": ["a@b.example"]}, "email_from and smtp_host", id="no-server"),
        pytest.param({**mail_settings(25), "smtp_host": "mx.example"}, "this machine", id="plain"),
        pytest.param({"smtp_user": "bot"}, "belong together", id="no-password"),
        pytest.param({"email_to": ["a@b\r\nBcc: c@d"]}, "pattern", id="header"),
    ],
)
def test_half_a_channel_is_refused_with_what_is_missing(
    settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        NoticeSettings(**settings)
