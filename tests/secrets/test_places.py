"""Each place a secret may stand in: it is read, or the error says which setting and what to do."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chargehand.bootstrap.reading_settings import read_settings, read_settings_for_command
from chargehand.config.errors import ConfigInvalid
from chargehand.config.settings import Settings
from chargehand.domain.errors import ChargehandError
from chargehand.plugins.secret import (
    SecretReferenceWrong,
    SecretSourceAway,
    SecretSourceUnusable,
    SecretUnreadable,
)
from chargehand.testing.vault import FakeVault

AWS_KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


def written(config: Path, token: str, more: str = "") -> Path:
    config.write_text(
        f"""
{more}
[[connections]]
id = "jira"
site = "https://acme.atlassian.net"
email = "bot@acme.example"
api_token = "{token}"
projects = ["PAY"]
"""
    )
    return config


def token_of(settings: Settings) -> str:
    return settings.connections[0].api_token.get_secret_value()


def refused(config: Path, environ: dict[str, str] | None = None) -> ChargehandError:
    with pytest.raises(ChargehandError) as caught:
        read_settings(config, environ or {})
    return caught.value


def signed_in(address: str, sign_in: str = 'token = "env:VAULT"') -> str:
    return f'[vault]\naddress = "{address}"\n{sign_in}\n'


def test_environment_and_files_are_read_and_masked(config: Path) -> None:
    (config.parent / "token").write_text("the-token-in-a-file\n")
    by_file = read_settings(written(config, "file:token"), {})
    by_name = read_settings(written(config, "env:JIRA"), {"JIRA": "the-token-in-a-name"})
    beside = read_settings(
        written(config, ""), {"ATLASSIAN_API_TOKEN_FILE": str(config.parent / "token")}
    )

    tokens = [token_of(one) for one in (by_file, by_name, beside)]

    assert tokens == ["the-token-in-a-file", "the-token-in-a-name", "the-token-in-a-file"]
    assert [one.found_secrets[0].place for one in (by_file, by_name)] == ["file:token", "env:JIRA"]
    assert "the-token" not in repr(by_file) + repr(by_file.found_secrets)


@pytest.mark.parametrize(
    ("token", "kind", "words"),
    [
        pytest.param("env:MISSING", SecretUnreadable, ["Set MISSING"], id="name"),
        pytest.param("file:gone", SecretUnreadable, ["No such file", "readable"], id="file"),
        pytest.param("file:empty", SecretUnreadable, ["is empty"], id="empty"),
        pytest.param("vault:secret", SecretReferenceWrong, ["vault:mount/path#field"], id="form"),
        pytest.param("vault:a/../b#c", SecretReferenceWrong, ["vault:mount"], id="climbing"),
        pytest.param("stored:NoName", SecretReferenceWrong, ["stored:name"], id="stored"),
        pytest.param("vault:a/b#c", SecretSourceUnusable, ["Set vault.address"], id="no-vault"),
    ],
)
def test_error_names_setting_place_and_cure(
    config: Path, token: str, kind: type[ChargehandError], words: list[str]
) -> None:
    (config.parent / "empty").touch()

    error = refused(written(config, token))

    assert type(error) is kind
    assert all(word in str(error) for word in ["connections.jira.api_token", *words])


def test_vault_is_asked_once_for_each_path(
    config: Path, vault: FakeVault, vault_address: str
) -> None:
    vault.deletion_time = "2027-01-31T08:00:00.123456789Z"
    vault.namespace = "team"
    more = signed_in(vault_address) + 'namespace = "team"\n'
    text = written(config, "vault:secret/chargehand/jira#api_token", more).read_text()
    config.write_text(text + 'webhook_secrets = ["vault:secret/chargehand/jira#other"]\n')

    settings = read_settings(config, {"VAULT": vault.token})

    assert token_of(settings) == "the-token-in-vault"
    assert vault.asked == [("GET", "/v1/secret/data/chargehand/jira")]
    found = {one.setting: one for one in settings.found_secrets}
    assert found["connections.jira.api_token"].expires_at == datetime(
        2027, 1, 31, 8, 0, 0, 123456, UTC
    )


def test_approle_signs_in_to_vault_with_a_secret_id_from_a_file(
    config: Path, vault: FakeVault, vault_address: str
) -> None:
    (config.parent / "secret-id").write_text(vault.secret_id)
    sign_in = f'role_id = "{vault.role_id}"\nsecret_id = "file:secret-id"'
    written(config, "vault:secret/chargehand/jira#api_token", signed_in(vault_address, sign_in))

    assert token_of(read_settings(config, {})) == "the-token-in-vault"
    assert vault.asked[0] == ("POST", "/v1/auth/approle/login")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        pytest.param(("x#y", "", None), (SecretUnreadable, "HTTP 404"), id="missing"),
        pytest.param(("chargehand/jira#z", "", None), (SecretUnreadable, "api_token"), id="field"),
        pytest.param(("x#y", "wrong", None), (SecretUnreadable, "policy"), id="refused"),
        pytest.param(("x#y", "", 503), (SecretSourceAway, "sealed"), id="sealed"),
    ],
)
def test_vault_that_gives_nothing_is_told_apart(
    config: Path,
    vault: FakeVault,
    vault_address: str,
    asked: tuple[str, str, int | None],
    told: tuple[type[ChargehandError], str],
) -> None:
    path, token, vault.failing = asked
    kind, words = told
    written(config, f"vault:secret/{path}", signed_in(vault_address))

    error = refused(config, {"VAULT": token or vault.token})

    assert type(error) is kind
    assert words in str(error)
    assert "the-token-in-vault" not in str(error)


def test_command_works_on_without_what_vault_does_not_give(
    config: Path, vault: FakeVault, vault_address: str
) -> None:
    vault.failing = 503
    more = signed_in(vault_address) + "[secrets.expires_on]\n"
    more += '"connections.jira.api_token" = 2027-03-01\n'
    text = written(config, "vault:secret/chargehand/jira#api_token", more).read_text()
    config.write_text(text + 'path_token = "vault:secret/elsewhere#path"\n')

    settings = read_settings_for_command(config, {"VAULT": vault.token})

    problems = {one.setting: one.problem for one in settings.found_secrets if one.problem}
    assert sorted(problems) == ["connections.jira.api_token", "connections.jira.path_token"]
    assert "connections.jira.path_token can not" in problems["connections.jira.path_token"]
    assert len(vault.asked) == 1, "who does not answer is not waited for twice"
    with pytest.raises(SecretSourceAway, match=r"connections\.jira\.api_token"):
        token_of(settings)


def test_day_of_expiry_is_for_secrets_that_are_set(config: Path) -> None:
    days = '[secrets.expires_on]\n"connections.jira.api_token" = 2027-03-01\n'
    found = read_settings(written(config, "a-token", days), {}).found_secrets

    assert [(one.place, one.expires_at) for one in found] == [
        ("chargehand.toml", datetime(2027, 3, 1, tzinfo=UTC))
    ]
    wrong = days.replace("api_token", "api_tokn")
    with pytest.raises(ConfigInvalid, match=r"Allowed here: connections\.jira\.api_token"):
        read_settings(written(config, "a-token", wrong), {})


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of an empty AWS that lives in this process."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in AWS_KEYS.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield boto3.client("secretsmanager", region_name="eu-west-1")


OF_AWS = '[aws]\nregion = "eu-west-1"\n'


def test_aws_gives_a_field_or_the_whole_text(config: Path, aws: Any) -> None:
    held = json.dumps({"api_token": "the-token-in-aws"})
    made = aws.create_secret(Name="chargehand/jira", SecretString=held)
    aws.create_secret(Name="plain", SecretString="the-plain-token")

    tokens = [
        token_of(read_settings(written(config, token, OF_AWS), {}))
        for token in (
            "aws:chargehand/jira#api_token",
            f"aws:{made['ARN']}#api_token",
            "aws:plain",
        )
    ]

    assert tokens == ["the-token-in-aws", "the-token-in-aws", "the-plain-token"]


def test_aws_that_gives_nothing_says_why(config: Path, aws: Any) -> None:
    aws.create_secret(Name="half", SecretString=json.dumps({"name": "x"}))

    missing = refused(written(config, "aws:nowhere#x", OF_AWS))
    lacking = refused(written(config, "aws:half#token", OF_AWS))
    nowhere = OF_AWS + 'endpoint_url = "http://127.0.0.1:9"\n'
    away = refused(written(config, "aws:half#name", nowhere))

    assert type(missing) is SecretUnreadable
    assert "ResourceNotFoundException" in str(missing)
    assert "fields: name" in str(lacking)
    assert type(away) is SecretSourceAway
