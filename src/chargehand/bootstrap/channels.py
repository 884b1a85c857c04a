"""The channels notices go out by: an e-mail, and a signed post to a webhook."""

import http.client
import json
import smtplib
import ssl
import urllib.error
import urllib.request
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from chargehand import __version__
from chargehand.bootstrap.trust import read_certificates
from chargehand.config.notice_settings import NoticeSettings
from chargehand.domain.records import NoticeRecord, Severity
from chargehand.kit.redact import redact_text
from chargehand.kit.signing import standard_webhook_signature, webhook_key
from chargehand.kit.trust import explained
from chargehand.pipeline.telling import ChannelFailed, NoticeChannel

_TIMEOUT_S = 10.0
_LONGEST_SUBJECT = 120


def notice_channels(
    settings: NoticeSettings, *, ca_file: Path | None = None
) -> list[NoticeChannel]:
    """Every channel that is configured; `ca_file` names further authorities to trust.

    Raises: CertificatesUnusable.
    """
    channels: list[NoticeChannel] = []
    if not settings.email_to and settings.webhook_url is None:
        return channels
    trusted = read_certificates(ca_file)
    if settings.email_to:
        channels.append(EmailChannel(settings, trusted))
    if settings.webhook_url is not None and settings.webhook_secret is not None:
        key = webhook_key(settings.webhook_secret.get_secret_value())
        channels.append(WebhookChannel(settings.webhook_url, key, trusted))
    return channels


def least_severity(settings: NoticeSettings) -> Severity:
    """The least severity that is sent."""
    return Severity(settings.least_severity)


class EmailChannel:
    """Sends a notice by SMTP, one connection each: they are few."""

    name = "email"

    def __init__(self, settings: NoticeSettings, trusted: ssl.SSLContext) -> None:
        self._settings = settings
        self._trusted = trusted

    def send(self, notice: NoticeRecord, *, now: datetime) -> None:
        """Hand one notice to the mail server.

        Raises: ChannelFailed.
        """
        message = self._message(notice, now=now)
        try:
            with self._connect() as server:
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            detail = explained(redact_text(f"{type(error).__name__}: {error}"))
            raise ChannelFailed(channel=self.name, detail=detail) from error

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        host, port = settings.smtp_host or "", settings.smtp_port
        if settings.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port, timeout=_TIMEOUT_S, context=self._trusted
            )
        else:
            server = smtplib.SMTP(host, port, timeout=_TIMEOUT_S)
        try:
            if settings.smtp_security == "starttls":
                server.starttls(context=self._trusted)
            if settings.smtp_user is not None and settings.smtp_password is not None:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        except OSError:
            server.close()
            raise
        return server

    def _message(self, notice: NoticeRecord, *, now: datetime) -> EmailMessage:
        sender = self._settings.email_from or ""
        text = redact_text(notice.text)
        message = EmailMessage()
        subject = f"[chargehand] {notice.severity.value}: {' '.join(text.split())}"
        message["Subject"] = subject[:_LONGEST_SUBJECT]
        message["From"] = sender
        message["To"] = ", ".join(self._settings.email_to)
        message["Date"] = format_datetime(now)
        # The same each time, so that a mailbox shows what was sent twice only once.
        message["Message-ID"] = f"<{notice.id}@{sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(
            f"{text}\n\n"
            f"severity  {notice.severity.value}\n"
            f"code      {notice.code}\n"
            f"since     {notice.first_at:%Y-%m-%d %H:%M:%S} UTC\n"
            f"notice    {notice.id}\n\n"
            "`chargehand notices list` shows all of them, with how often each returned.\n"
        )
        return message


class WebhookChannel:
    """Posts a notice as JSON, signed by the rules of Standard Webhooks."""

    name = "webhook"

    def __init__(self, url: str, key: bytes, trusted: ssl.SSLContext) -> None:
        self._url = url
        self._key = key
        self._opener = urllib.request.build_opener(
            _NoRedirects, urllib.request.HTTPSHandler(context=trusted)
        )

    def send(self, notice: NoticeRecord, *, now: datetime) -> None:
        """Post one notice.

        Raises: ChannelFailed.
        """
        request = self._request(notice, now=now)
        try:
            with self._opener.open(request, timeout=_TIMEOUT_S):
                return
        except urllib.error.HTTPError as error:
            with error:
                detail = f"it answered with HTTP {error.code}"
            raise ChannelFailed(channel=self.name, detail=detail) from error
        except (OSError, http.client.HTTPException) as error:
            detail = explained(redact_text(f"{type(error).__name__}: {error}"))
            raise ChannelFailed(channel=self.name, detail=detail) from error

    def _request(self, notice: NoticeRecord, *, now: datetime) -> urllib.request.Request:
        body = json.dumps(_as_json(notice), ensure_ascii=False).encode()
        sent_at_s = int(now.timestamp())
        # The operator typed the address, so one inside the network is meant.
        return urllib.request.Request(  # noqa: S310 - settings allow http and https alone.
            self._url,
            data=body,
            method="POST",
            headers={
                "content-type": "application/json",
                "user-agent": f"chargehand/{__version__}",
                "webhook-id": notice.id,
                "webhook-timestamp": str(sent_at_s),
                "webhook-signature": standard_webhook_signature(
                    self._key, notice.id, sent_at_s, body
                ),
            },
        )


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would turn the post into a GET somewhere else; it counts as a failure."""

    def redirect_request(self, *_arguments: Any, **_named: Any) -> None:
        """Never."""
        return


def _as_json(notice: NoticeRecord) -> dict[str, object]:
    return {
        "type": "notice.raised",
        "timestamp": notice.first_at.isoformat(),
        "data": {
            "id": notice.id,
            "severity": notice.severity.value,
            "code": notice.code,
            "subject_id": notice.subject_id,
            "text": redact_text(notice.text),
        },
    }
