"""The cookie of a session: no script reads it, and no other site's page sends it along."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

_NAME: Final = "chargehand"
# Browsers keep such a cookie to this host, to https and to the whole of it.
# Source: https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis section 4.1.3.2
_HOST: Final = "__Host-"
_LONGEST: Final = 128


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """How the cookie is named and set; `is_secure` where the pages come by https."""

    is_secure: bool = False

    @property
    def name(self) -> str:
        """Its name."""
        return f"{_HOST}{_NAME}" if self.is_secure else _NAME

    def secret_in(self, cookies: Mapping[str, str]) -> str | None:
        """The secret a browser sent; None where it sent none that could be one."""
        found = cookies.get(self.name, "")
        return found if 0 < len(found) <= _LONGEST else None

    def set_on(self, response: Response, secret: str, *, lasts_s: int) -> None:
        """Hand a secret to the browser."""
        response.set_cookie(
            self.name,
            secret,
            max_age=lasts_s,
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite="lax",
        )

    def take_from(self, response: Response) -> None:
        """Have the browser forget it."""
        response.delete_cookie(
            self.name, path="/", secure=self.is_secure, httponly=True, samesite="lax"
        )
