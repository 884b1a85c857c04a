"""Whether a write was sent by a page of ours: another site's page must not use a visitor's session.

Source: https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html,
2026-11-27
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from chargehand.domain.errors import Rejected

CSRF: Final = "x-csrf"
_SAME: Final = "same-origin"


class ForeignPage(Rejected):
    """A write by a session that nothing shows to come from our own page."""

    code = "csrf_missing"
    template = (
        "A write by a session must come from a page of this server, or send the X-CSRF header that "
        "GET /v1/me answers with."
    )


@dataclass(frozen=True, slots=True)
class OwnOrigin:
    """Where our own pages come from; without a public address the host that was asked for."""

    public: str = ""

    def is_own(self, origin: str, host: str) -> bool:
        """Whether an origin is ours."""
        if self.public:
            return origin == self.public
        try:
            parts = urlsplit(origin)
        except ValueError:
            # Such as a bracket that is never closed; no browser writes it.
            return False
        return bool(host) and parts.scheme in ("http", "https") and parts.netloc == host


def require_own_page(headers: Mapping[str, str], own: OwnOrigin, *, token: str) -> None:
    """Let a write in that a page of ours sent.

    Raises: ForeignPage.
    """
    shown = headers.get(CSRF, "")
    if shown and hmac.compare_digest(shown.encode(), token.encode()):
        return
    if not is_from_own_page(headers, own):
        raise ForeignPage


def is_from_own_page(headers: Mapping[str, str], own: OwnOrigin) -> bool:
    """Whether the browser itself says so; no script can write these headers.

    Shape: where it says both, both have to be right; what says neither is foreign.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if origin is not None and not own.is_own(origin, headers.get("host", "")):
        return False
    return site == _SAME if site is not None else origin is not None
