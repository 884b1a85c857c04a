"""Sends spans to an OpenTelemetry collector: OTLP over HTTP, in its JSON form.

The protocol is one request, and every collector takes both of its forms, so no library is needed.
Source: opentelemetry.io/docs/specs/otlp, 1.9, "OTLP/HTTP" and "JSON Protobuf Encoding".
"""

import http.client
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any, Final

from chargehand import __version__
from chargehand.kit.clock import to_micros
from chargehand.kit.redact import redact_text
from chargehand.kit.trust import explained
from chargehand.pipeline.spans import Attribute, CollectorAway, Span

_TIMEOUT_S: Final = 10.0
_INTERNAL: Final = 1
_ERROR: Final = 2


class OTLPSink:
    """Posts spans to `<url>/v1/traces`."""

    def __init__(self, url: str, *, headers: Mapping[str, str], trusted: ssl.SSLContext) -> None:
        self._url = f"{url}/v1/traces"
        self._headers = headers
        self._opener = urllib.request.build_opener(
            _NoRedirects, urllib.request.HTTPSHandler(context=trusted)
        )

    def send(self, spans: Sequence[Span]) -> None:
        """Hand them over.

        Raises: CollectorAway.
        """
        request = urllib.request.Request(  # noqa: S310 - settings allow http and https alone.
            self._url,
            data=json.dumps(otlp_document(spans)).encode(),
            method="POST",
            headers={
                "content-type": "application/json",
                "user-agent": f"chargehand/{__version__}",
                **self._headers,
            },
        )
        try:
            with self._opener.open(request, timeout=_TIMEOUT_S):
                return
        except urllib.error.HTTPError as error:
            with error:
                detail = f"it answered with HTTP {error.code}"
            raise CollectorAway(detail=detail) from error
        except (OSError, http.client.HTTPException) as error:
            detail = explained(redact_text(f"{type(error).__name__}: {error}"))
            raise CollectorAway(detail=detail) from error


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would turn the post into a GET somewhere else; it counts as a failure."""

    def redirect_request(self, *_arguments: Any, **_named: Any) -> None:
        """Never."""
        return


def otlp_document(spans: Sequence[Span]) -> dict[str, Any]:
    """The spans as an ExportTraceServiceRequest."""
    resource = {"service.name": "chargehand", "service.version": __version__}
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes(resource)},
                "scopeSpans": [
                    {
                        "scope": {"name": "chargehand", "version": __version__},
                        "spans": [_span(one) for one in spans],
                    }
                ],
            }
        ]
    }


def read_headers(text: str) -> dict[str, str]:
    """Headers as OTEL_EXPORTER_OTLP_HEADERS writes them: `name=value,name=value`."""
    pairs = (part.partition("=") for part in text.split(",") if part.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _span(span: Span) -> dict[str, Any]:
    return {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "parentSpanId": span.parent_id,
        "name": span.name,
        "kind": _INTERNAL,
        "startTimeUnixNano": str(to_micros(span.start) * 1000),
        "endTimeUnixNano": str(to_micros(span.end) * 1000),
        "attributes": _attributes(span.attributes),
        "status": {"code": _ERROR} if span.is_error else {},
    }


def _attributes(values: Mapping[str, Attribute]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: Attribute) -> dict[str, Any]:
    match value:
        case str():
            return {"stringValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
