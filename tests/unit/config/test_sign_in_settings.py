"""What the settings of signing in allow, and how they say what they do not."""

from typing import Any

import pytest
from pydantic import ValidationError

from chargehand.config.settings import Settings

OIDC = {"issuer": "https://login.example.com/realms/acme/", "client_id": "chargehand"}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a wildcard": ({"server": {"cors_origins": ["*"]}}, "one exact origin"),
    "a wildcard in a name": ({"server": {"cors_origins": ["https://*.example.com"]}}, "exact"),
    "a path": ({"server": {"cors_origins": ["https://a.example/b"]}}, "without a path"),
    "plain http": ({"server": {"cors_origins": ["http://a.example"]}}, "https://"),
    "null": ({"server": {"cors_origins": ["null"]}}, "exact origin"),
    "no session": ({"sign_in": {"idle": 0}}, "between 5 minutes"),
    "for ever": ({"sign_in": {"lasts": "P1000D"}}, "90 days"),
    "no client": ({"oidc": {"issuer": OIDC["issuer"]}}, "client_id"),
    "plain provider": ({"oidc": {**OIDC, "issuer": "http://login.example.com"}}, "https://"),
    "no openid": ({"oidc": {**OIDC, "scopes": ["email"]}}, "openid"),
    "no claim": ({"oidc": {**OIDC, "roles": {"a": ["admin"]}}}, "roles_claim"),
    "no role": (
        {"oidc": {**OIDC, "roles_claim": "groups", "roles": {"a": ["PAY:boss"]}}},
        "'PAY:boss' is no role",
    ),
}


@pytest.mark.parametrize(("given", "told"), WRONG.values(), ids=WRONG)
def test_what_can_not_be_is_told(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Settings(**given)


def test_origin_is_kept_as_a_browser_writes_it() -> None:
    given = ["https://Board.Example.com/", "https://a.example:443", "http://127.0.0.1:5173"]

    found = Settings(server={"cors_origins": given}).server.cors_origins

    assert found == ("https://board.example.com", "https://a.example", "http://127.0.0.1:5173")


def test_issuer_is_kept_without_its_last_slash_and_the_secret_masked() -> None:
    oidc = Settings(oidc={**OIDC, "client_secret": "opens the door"}).oidc

    assert oidc.issuer == "https://login.example.com/realms/acme"
    assert "opens" not in repr(oidc)
