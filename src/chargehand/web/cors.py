"""Which pages of other origins may call the API from a browser, by a key of theirs.

Source: https://fetch.spec.whatwg.org/#http-cors-protocol, 2026-11-27
"""

from collections.abc import Sequence
from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

_METHODS: Final = ("GET", "POST", "PUT")
_HEADERS: Final = ("authorization", "content-type")
_MAX_AGE_S: Final = 600


def with_cors(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """The application for pages of these exact origins too; without any nothing is changed.

    Cookies are never taken from there, so that a session is good for our own pages alone.
    """
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=tuple(origins),
        allow_credentials=False,
        allow_methods=_METHODS,
        allow_headers=_HEADERS,
        expose_headers=("retry-after",),
        max_age=_MAX_AGE_S,
    )
