"""Sends errors to Sentry, where the operator wants it: what happened where, and nothing of whom.

An error's own words can repeat a ticket, so they stay here: what leaves is the constant name of
the log line, ids and codes, the kinds of the exceptions, and where in our program they came from.
"""

import re
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self

from chargehand import __version__
from chargehand.bootstrap.errors import ExtraMissing
from chargehand.config.settings import Settings
from chargehand.config.shown import secret_values
from chargehand.domain.errors import ChargehandError
from chargehand.kit.redact import redact_all

_CLOSE_WITHIN_S: Final = 2.0
_FIELD: Final = re.compile(r"(?:.*_ids?|code|kind|loop|method|role|seq|status)")
_PLAIN: Final = re.compile(r"[\w.:/-]{1,100}")
_PARTS: Final = frozenset(
    {
        "environment", "event_id", "exception", "fingerprint", "level", "logger", "message",
        "platform", "release", "sdk", "server_name", "tags", "timestamp",
    }
)  # fmt: skip
_LEVELS: Final = {"error": "error", "critical": "fatal"}


class NoReports:
    """Reports nothing: what runs where no Sentry is configured."""

    def tell(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        """Nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Nothing."""


class SentryReports:
    """Reports to one Sentry project; at its end what is still under way is sent."""

    def __init__(self, settings: Settings, dsn: str, *, role: str) -> None:
        """Connect to nothing yet.

        Raises: ExtraMissing.
        """
        try:
            # lazy: an optional extra, and most installations have none.
            from sentry_sdk import Client
            from sentry_sdk.utils import event_from_exception
        except ImportError as error:
            raise ExtraMissing(setting="sentry.dsn", extra="sentry") from error
        self._known = secret_values(settings)
        self._event_from = event_from_exception
        self._role = role
        self._client = Client(
            dsn=dsn,
            environment=settings.sentry.environment,
            release=f"chargehand@{__version__}",
            # The name of a machine is nobody's business outside.
            server_name=role,
            include_local_variables=False,
            include_source_context=False,
            default_integrations=False,
            auto_enabling_integrations=False,
            auto_session_tracking=False,
            send_client_reports=False,
            max_breadcrumbs=0,
            before_send=self._redacted,
        )

    def tell(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        """Report one line, with the exception it carries."""
        error = _error_of(fields.get("exc_info"))
        report: Any = self._of_exception(error) if error is not None else {}
        report["message"] = event
        report["level"] = _LEVELS.get(level, "error")
        report["logger"] = "chargehand"
        code = {"error_code": error.code} if isinstance(error, ChargehandError) else {}
        report["tags"] = {**_tags(fields), **code, "role": self._role}
        kinds = [one["type"] for one in report.get("exception", {}).get("values", ())]
        report["fingerprint"] = [event, *kinds]
        self._client.capture_event(report)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Report what ends the process, unless it was expected; wait a moment for the sending."""
        if isinstance(error, Exception) and not isinstance(error, ChargehandError):
            self.tell("critical", "process.died", {"exc_info": error})
        self._client.close(timeout=_CLOSE_WITHIN_S)

    def _of_exception(self, error: BaseException) -> dict[str, Any]:
        made, _ = self._event_from(error, client_options=self._client.options)
        report: dict[str, Any] = dict(made)
        for one in report["exception"]["values"]:
            one["value"] = "(left out)"
            for frame in (one.get("stacktrace") or {}).get("frames", ()):
                # Where a program lies can name who lies there.
                frame.pop("abs_path", None)
        return report

    def _redacted(self, event: Any, _hint: Any) -> Any:
        # The library adds what it finds; what is no part of the report stays here.
        told = {key: value for key, value in event.items() if key in _PARTS}
        return _masked(told, self._known)


def open_error_reports(settings: Settings, *, role: str) -> NoReports | SentryReports:
    """What errors are told to; without `sentry.dsn` nothing of it is loaded.

    Raises: ExtraMissing.
    """
    if settings.sentry.dsn is None:
        return NoReports()
    return SentryReports(settings, settings.sentry.dsn.get_secret_value(), role=role)


def _error_of(given: Any) -> BaseException | None:
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return given[1] if isinstance(given[1], BaseException) else None
    return sys.exc_info()[1] if given else None


def _tags(fields: Mapping[str, Any]) -> dict[str, str]:
    """Ids and closed words alone: every other field may hold what a person wrote."""
    told = {key: str(value) for key, value in fields.items() if _FIELD.fullmatch(key)}
    return {key: text for key, text in told.items() if _PLAIN.fullmatch(text)}


def _masked(value: Any, known: frozenset[str]) -> Any:
    match value:
        case str():
            return redact_all(value, known)
        case dict():
            return {key: _masked(one, known) for key, one in value.items()}
        case list() | tuple():
            return [_masked(one, known) for one in value]
        case _:
            return value
