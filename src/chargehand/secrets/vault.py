"""Reads secrets from HashiCorp Vault: a token or an AppRole, the KV engine of version 2.

Two requests are all it takes, so the standard library does them; it goes through the same proxies
as everything else. Source: developer.hashicorp.com/vault/api-docs, "KV secrets engine version 2"
and "AppRole", read on 2026-11-20.
"""

import http.client
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from chargehand.kit.redact import redact_text
from chargehand.kit.trust import explained
from chargehand.plugins.secret import (
    SecretReference,
    SecretSourceAway,
    SecretSourceUnusable,
    SecretText,
    SecretUnreadable,
)

_LARGEST_ANSWER_BYTES: Final = 1024 * 1024
_FORBIDDEN, _MISSING = 403, 404


@dataclass(frozen=True, slots=True)
class VaultConfig:
    """How to reach Vault and who we are there.

    Shape: `token`, or `role_id` and `secret_id`; `certificates` None trusts what the machine does.
    Units: each request is given up after `timeout_s`.
    """

    address: str
    timeout_s: float
    token: str = ""
    role_id: str = ""
    secret_id: str = ""
    role_mount: str = "approle"
    namespace: str = ""
    certificates: ssl.SSLContext | None = None


class VaultSource:
    """Reads one secret after the other; each path is asked once."""

    def __init__(self, config: VaultConfig) -> None:
        self._config = config
        self._token = config.token
        self._known: dict[str, Mapping[str, Any]] = {}
        handlers: list[urllib.request.BaseHandler] = [_NoRedirects()]
        if config.certificates is not None:
            handlers.append(urllib.request.HTTPSHandler(context=config.certificates))
        self._opener = urllib.request.build_opener(*handlers)

    def read(self, reference: SecretReference) -> SecretText:
        """The secret.

        Raises: SecretUnreadable, SecretSourceUnusable, SecretSourceAway.
        """
        if reference.path not in self._known:
            if not self._token:
                self._token = self._sign_in(reference)
            mount, _, path = reference.path.partition("/")
            answer = self._ask(reference, "GET", f"{quote(mount)}/data/{quote(path)}")
            self._known[reference.path] = _object(answer.get("data"))
        found = self._known[reference.path]
        fields = _object(found.get("data"))
        text = fields.get(reference.field)
        if not isinstance(text, str) or not text:
            names = ", ".join(sorted(fields)) or "none"
            raise SecretUnreadable(
                setting=reference.setting,
                reference=str(reference),
                detail=f"it has no field {reference.field} with a text (fields: {names})",
                cure="Correct the field after #, or add it in Vault.",
            )
        return SecretText(text, _moment(_object(found.get("metadata")).get("deletion_time")))

    def _sign_in(self, reference: SecretReference) -> str:
        config = self._config
        answer = self._ask(
            reference,
            "POST",
            f"auth/{quote(config.role_mount)}/login",
            {"role_id": config.role_id, "secret_id": config.secret_id},
        )
        token = _object(answer.get("auth")).get("client_token")
        if not isinstance(token, str) or not token:
            raise _unusable(reference, "Vault's answer to the sign-in holds no token")
        return token

    def _ask(
        self,
        reference: SecretReference,
        method: str,
        path: str,
        body: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - settings allow http and https alone.
            f"{self._config.address}/v1/{path}",
            data=json.dumps(body).encode() if body is not None else None,
            method=method,
            headers=self._headers(has_body=body is not None),
        )
        try:
            with self._opener.open(request, timeout=self._config.timeout_s) as answer:
                raw = answer.read(_LARGEST_ANSWER_BYTES)
        except urllib.error.HTTPError as error:
            with error:
                raise _refused(reference, error.code) from error
        except (OSError, http.client.HTTPException) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            raise _away(
                reference, explained(redact_text(str(reason)) or type(error).__name__)
            ) from error
        try:
            return _object(json.loads(raw))
        except ValueError as error:
            raise _unusable(reference, "the answer is no JSON, so this is no Vault") from error

    def _headers(self, *, has_body: bool) -> dict[str, str]:
        headers = {"x-vault-request": "true", "accept": "application/json"}
        if self._token:
            headers["x-vault-token"] = self._token
        if self._config.namespace:
            headers["x-vault-namespace"] = self._config.namespace
        if has_body:
            headers["content-type"] = "application/json"
        return headers


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to somewhere else; a standby of Vault forwards by itself."""

    def redirect_request(self, *_arguments: Any, **_named: Any) -> None:
        """Never."""
        return


def _refused(
    reference: SecretReference, status: int
) -> SecretUnreadable | SecretSourceAway | SecretSourceUnusable:
    if status == _FORBIDDEN:
        return SecretUnreadable(
            setting=reference.setting,
            reference=str(reference),
            detail="Vault refuses it (HTTP 403)",
            cure="Give the token or role a policy that may read this path, or renew the token.",
        )
    if status == _MISSING:
        return SecretUnreadable(
            setting=reference.setting,
            reference=str(reference),
            detail="there is nothing at this path, or its newest version was deleted (HTTP 404)",
            cure="The part before the first / is the mount of a KV engine of version 2.",
        )
    is_passing = status == 429 or status >= 500  # noqa: PLR2004 - too many, sealed, standby.
    if is_passing:
        return _away(reference, f"Vault answers with HTTP {status}; is it sealed?")
    return _unusable(reference, f"Vault answers with HTTP {status}")


def _unusable(reference: SecretReference, detail: str) -> SecretSourceUnusable:
    return SecretSourceUnusable(
        setting=reference.setting,
        reference=str(reference),
        detail=detail,
        cure="Look at [vault]: address, namespace, and token or role_id with secret_id.",
    )


def _away(reference: SecretReference, detail: str) -> SecretSourceAway:
    return SecretSourceAway(
        setting=reference.setting,
        reference=str(reference),
        detail=detail,
        cure="Is vault.address right, and Vault reachable from here?",
    )


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _moment(text: Any) -> datetime | None:
    """A time as Vault writes it, with nine digits after the point; None when there is none."""
    if not isinstance(text, str) or not text:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
