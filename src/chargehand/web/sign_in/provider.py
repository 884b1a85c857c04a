"""One OpenID provider: what it says of itself, and who it says has signed in.

Source: OpenID Connect Core 1.0 sections 3.1.2 and 3.1.3, OpenID Connect Discovery 1.0 section 4,
RFC 7636 (PKCE), RFC 9207 (issuer in the answer), 2026-11-27
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

import httpx
import jwt

from chargehand.config.addresses import address_with_path
from chargehand.domain.errors import Rejected, Retryable
from chargehand.domain.member import Role
from chargehand.kit.clock import Clock
from chargehand.kit.tolerant import decode_json
from chargehand.members.fields import Roles
from chargehand.plugins.errors import VendorAnswerUnreadable, VendorUnreachable
from chargehand.plugins.vendor_http import (
    CONNECT_TIMEOUT_S,
    Access,
    Exchange,
    Exchanged,
    VendorTransport,
    extensions_of,
    ignore_request,
)

_VENDOR: Final = "The sign-in provider"
_LIMIT_BYTES: Final = 256 * 1024
_KNOWN_FOR: Final = timedelta(hours=1)
# An unknown key is looked for again, but a flood of forged tokens asks no oftener than this.
_KEYS_ASKED_EVERY: Final = timedelta(seconds=30)
_LEEWAY: Final = timedelta(seconds=60)
_AT_ONCE: Final = 4
_OK: Final = 200
# OpenID Connect Core 1.0 section 2: at most 255 characters.
_LONGEST_SUBJECT: Final = 255
# Whoever knows only what is public can sign by none of these.
_ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
_PARTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderRefused(Rejected):
    """The provider let nobody in, or what it said proves nothing."""

    code = "sign_in_refused"
    template = "Signing in by your provider did not work: {reason}. Try again, or ask an operator."


class ProviderAway(Retryable):
    """The provider does not answer as it should."""

    code = "sign_in_provider_away"
    template = "Your provider can not be asked at this moment: {detail}"


@dataclass(frozen=True, slots=True)
class ProviderRules:
    """How the provider is spoken to, and what its claims mean here.

    Shape: `roles` by a value of `roles_claim`; without any the roles of a member stay their own.
    """

    issuer: str
    client_id: str
    client_secret: str = ""
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    roles_claim: str = ""
    roles: Mapping[str, Roles] = field(default_factory=dict)
    timeout_s: float = 10.0


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whom the provider vouches for.

    Shape: `email` is None unless the provider says that it is verified; `roles` is None where
    claims do not give any.
    """

    issuer: str
    subject: str
    email: str | None
    roles: Roles | None


@dataclass(frozen=True, slots=True)
class _Discovered:
    issuer: str
    parts: Mapping[str, str]
    is_basic: bool
    at: datetime


@dataclass(slots=True)
class Provider:
    """Asks one provider; what it says of itself is kept for an hour, its keys until one is new."""

    rules: ProviderRules
    wire: VendorTransport
    clock: Clock
    _discovered: _Discovered | None = None
    _keys: Mapping[str, jwt.PyJWK] = field(default_factory=dict)
    _keys_at: datetime | None = None
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def address(self, *, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Where a browser goes to sign in.

        Raises: ProviderAway.
        """
        found = await self._discover()
        digest = hashlib.sha256(verifier.encode()).digest()
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self.rules.client_id,
                "redirect_uri": redirect_uri,
                "scope": " ".join(self.rules.scopes),
                "state": state,
                "nonce": nonce,
                "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
                "code_challenge_method": "S256",
            }
        )
        address = found.parts["authorization_endpoint"]
        return f"{address}{'&' if '?' in address else '?'}{query}"

    async def signed_in(
        self, code: str, *, redirect_uri: str, nonce: str, verifier: str, issuer: str | None
    ) -> SignedIn:
        """Whom a code is about.

        Raises: ProviderAway, ProviderRefused.
        """
        found = await self._discover()
        if issuer is not None and issuer != found.issuer:
            raise ProviderRefused(reason="another provider answered")
        async with self._turns:
            token = await self._exchange(found, code, redirect_uri, verifier)
        claims = await self._claims(found, token)
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise ProviderRefused(reason="its answer belongs to another try")
        email = claims.get("email")
        is_verified = claims.get("email_verified") is True and isinstance(email, str)
        return SignedIn(
            issuer=found.issuer,
            subject=claims["sub"],
            email=email if is_verified else None,
            roles=self._roles_in(claims),
        )

    def _roles_in(self, claims: Mapping[str, Any]) -> Roles | None:
        if not self.rules.roles:
            return None
        said = claims.get(self.rules.roles_claim)
        values = said if isinstance(said, list) else [said]
        named = {value for value in values if isinstance(value, str)}
        given = {
            role for value, roles in self.rules.roles.items() if value in named for role in roles
        }
        return tuple(sorted(given, key=lambda one: (one[0] or "", one[1])))

    async def _discover(self) -> _Discovered:
        known, now = self._discovered, self.clock.now()
        if known is not None and now - known.at < _KNOWN_FOR:
            return known
        said = await self._json("GET", f"{self.rules.issuer}/.well-known/openid-configuration")
        issuer = said.get("issuer")
        # The address in the settings has no slash at its end, and some issuers have one.
        if not isinstance(issuer, str) or issuer.rstrip("/") != self.rules.issuer:
            raise ProviderAway(detail="it calls itself otherwise than oidc.issuer says.")
        parts = {name: _endpoint(said.get(name), name) for name in _PARTS}
        ways = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        self._discovered = _Discovered(issuer, parts, "client_secret_basic" in ways, now)
        return self._discovered

    async def _exchange(
        self, found: _Discovered, code: str, redirect_uri: str, verifier: str
    ) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers, rules = {}, self.rules
        if rules.client_secret and found.is_basic:
            pair = f"{quote(rules.client_id, safe='')}:{quote(rules.client_secret, safe='')}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form["client_id"] = rules.client_id
            if rules.client_secret:
                form["client_secret"] = rules.client_secret
        answer = await self._ask("POST", found.parts["token_endpoint"], form=form, headers=headers)
        token = _object(answer).get("id_token") if answer.status == _OK else None
        if not isinstance(token, str):
            raise ProviderRefused(reason=f"the provider did not take its code ({answer.status})")
        return token

    async def _claims(self, found: _Discovered, token: str) -> Mapping[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            algorithm = str(header.get("alg"))
            if algorithm not in _ALGORITHMS:
                raise ProviderRefused(reason="its answer is not signed as it should be")
            key = await self._key(found, str(header.get("kid", "")))
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=[algorithm],
                audience=self.rules.client_id,
                issuer=found.issuer,
                # Times are judged by our own clock, below.
                options={
                    "require": ["iss", "sub", "aud", "exp", "iat"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except jwt.PyJWTError as error:
            raise ProviderRefused(reason=f"its answer proves nothing ({error})") from error
        except (TypeError, ValueError, RecursionError) as error:
            raise ProviderRefused(reason="its answer can not be read") from error
        self._judge(claims)
        return claims

    def _judge(self, claims: Mapping[str, Any]) -> None:
        now, leeway = self.clock.now().timestamp(), _LEEWAY.total_seconds()
        times = {name: claims.get(name, now) for name in ("exp", "iat", "nbf")}
        if not all(isinstance(at, int | float) for at in times.values()):
            raise ProviderRefused(reason="its answer tells no times")
        if times["exp"] <= now - leeway:
            raise ProviderRefused(reason="its answer is too old")
        if max(times["iat"], times["nbf"]) > now + leeway:
            raise ProviderRefused(reason="its answer is from the future; compare the clocks")
        audience, party = claims["aud"], claims.get("azp")
        has_others = isinstance(audience, list) and len(audience) > 1
        if (has_others or party is not None) and party != self.rules.client_id:
            raise ProviderRefused(reason="its answer is for somebody else")
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= _LONGEST_SUBJECT:
            raise ProviderRefused(reason="its answer names nobody")

    async def _key(self, found: _Discovered, kid: str) -> jwt.PyJWK:
        now = self.clock.now()
        is_stale = self._keys_at is None or now - self._keys_at >= _KEYS_ASKED_EVERY
        is_old = self._keys_at is None or now - self._keys_at >= _KNOWN_FOR
        if (kid not in self._keys and is_stale) or is_old:
            said = await self._json("GET", found.parts["jwks_uri"])
            self._keys, self._keys_at = _signing_keys(said), now
        if kid in self._keys:
            return self._keys[kid]
        if not kid and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        raise ProviderRefused(reason="its answer is signed by a key it does not show")

    async def _json(self, method: str, url: str) -> Mapping[str, Any]:
        answer = await self._ask(method, url)
        if answer.status != _OK:
            raise ProviderAway(detail=f"it answered {answer.status}.")
        return _object(answer)

    async def _ask(
        self,
        method: str,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Exchanged:
        access = Access.READ
        request = httpx.Request(
            method,
            url,
            data=dict(form) if form is not None else None,
            headers={"accept": "application/json", **(headers or {})},
            extensions=extensions_of(self.rules.timeout_s, connect_s=CONNECT_TIMEOUT_S)[access],
        )
        secrets = [one for one in (self.rules.client_secret, (form or {}).get("code", "")) if one]
        exchange = Exchange(
            access, "sign in", _VENDOR, _LIMIT_BYTES, ignore_request, lambda _: None, secrets
        )
        try:
            async with asyncio.timeout(self.rules.timeout_s):
                return await exchange.through(self.wire, request)
        except TimeoutError as error:
            raise ProviderAway(detail=f"no answer in {self.rules.timeout_s:g} s.") from error
        except (VendorUnreachable, VendorAnswerUnreadable) as error:
            raise ProviderAway(detail=str(error)) from error


def read_role(text: str) -> Roles:
    """A role as the settings write it: `approver`, or `PAY:approver` in one project.

    Raises: ValueError.
    """
    project, colon, name = text.rpartition(":")
    where = project.upper() if colon and project != "*" else None
    return ((where, Role(name)),)  # type: ignore[return-value]  # keys of projects are texts.


def _endpoint(url: object, name: str) -> str:
    try:
        if isinstance(url, str):
            address_with_path(url)
            return url
    except ValueError:
        pass
    raise ProviderAway(detail=f"its {name} is no https address.")


def _object(answer: Exchanged) -> Mapping[str, Any]:
    try:
        found = decode_json(answer.body)
    except ValueError as error:
        raise ProviderAway(detail="its answer is no JSON.") from error
    if not isinstance(found, dict):
        raise ProviderAway(detail="its answer is no JSON object.")
    return found


def _signing_keys(said: Mapping[str, Any]) -> Mapping[str, jwt.PyJWK]:
    """The keys that sign, by their ids; symmetric ones and those of unknown kinds are left out."""
    keys: dict[str, jwt.PyJWK] = {}
    shown = said.get("keys")
    for one in shown if isinstance(shown, list) else ():
        if not isinstance(one, dict) or one.get("kty") == "oct" or one.get("use", "sig") != "sig":
            continue
        try:
            keys[str(one.get("kid", ""))] = jwt.PyJWK(one)
        except jwt.PyJWTError:
            continue
    return keys
