"""A secret planted in every setting that holds one: nothing that is printed or kept shows any."""

import base64
import json
import tarfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from chargehand.config.errors import ConfigInvalid
from chargehand.config.load import load_settings
from chargehand.config.settings import Settings
from chargehand.testing.clock import FakeClock
from chargehand.testing.github.app_key import key_pair
from tests.cli.terminal import Terminal
from tests.house import START

NOWHERE = "http://127.0.0.1:9"
MARK = "planted"


def planted(name: str) -> str:
    """A secret that is found wherever it leaks, long enough for every setting."""
    return f"{MARK}-{name}-0123456789abcdef"


def signing(name: str) -> str:
    """A Standard Webhooks secret."""
    return "whsec_" + base64.b64encode(planted(name).encode()).decode()


DOCUMENT: dict[str, Any] = {
    "oidc": {
        "issuer": NOWHERE,
        "client_id": "chargehand",
        "client_secret": planted("oidc"),
    },
    "outgoing_webhooks": [
        {
            "id": "ci",
            "url": f"{NOWHERE}/posts",
            "private_hosts": ["127.0.0.1"],
            "secret": signing("outgoing"),
            "events": ["approval.opened"],
        }
    ],
    "storage": {},
    "vault": {"address": NOWHERE, "token": planted("vault")},
    "notices": {
        "webhook_url": f"{NOWHERE}/hook",
        "webhook_secret": signing("notices"),
        "email_to": ["ops@example.com"],
        "email_from": "lead@example.com",
        "smtp_host": "127.0.0.1",
        "smtp_user": "smtp-account",
        "smtp_password": planted("smtp"),
    },
    "sentry": {"dsn": f"http://{planted('sentry')}@127.0.0.1:9/1"},
    "tracing": {"otlp_url": NOWHERE, "headers": f"x-key={planted('tracing')}"},
    "connections": [
        {
            "id": "jira",
            "site": NOWHERE,
            "email": "bot@example.com",
            "api_token": planted("jira"),
            "projects": ["PAY"],
            "intake": "both",
            "webhook_secrets": [planted("jira-hook"), planted("jira-hook-2")],
            "path_token": planted("jira-path"),
        },
        {
            "connector": "slack",
            "bot_token": f"xoxb-{planted('slack')}",
            "app_token": f"xapp-{planted('slack-app')}",
            "team_id": "T0ACME001",
            "webhook_secrets": [planted("slack-hook")],
            "channels": {"C0PAY0001": ["PAY"]},
            "api_url": f"{NOWHERE}/api",
        },
        {
            "connector": "discord",
            "bot_token": planted("discord"),
            "application_id": "112233445566778899",
            "public_key": "ab" * 32,
            "guild_id": "112233445566778800",
            "channels": {"112233445566778811": ["PAY"]},
            "api_url": f"{NOWHERE}/api/v10",
        },
        {
            "connector": "github",
            "token": planted("github"),
            "repositories": {"acme/payments": ["PAY"]},
            "webhook_secrets": [planted("github-hook")],
            "api_url": NOWHERE,
        },
        {
            "id": "github-app",
            "connector": "github",
            "app_id": "12345",
            "installation_id": "67890",
            "private_key": key_pair()[0],
            "repositories": {"acme/console": ["PAY"]},
            "webhook_secrets": [planted("github-app-hook")],
            "api_url": NOWHERE,
        },
        {
            "connector": "bitbucket",
            "email": "bot@example.com",
            "api_token": planted("bitbucket"),
            "repositories": {"acme/web": ["PAY"]},
            "webhook_secrets": [planted("bitbucket-hook")],
            "path_token": planted("bitbucket-path"),
            "api_url": f"{NOWHERE}/2.0",
        },
        {
            "connector": "confluence",
            "site": NOWHERE,
            "email": "bot@example.com",
            "api_token": planted("confluence"),
            "spaces": {"ENG": ["PAY"]},
            "intake": "both",
            "webhook_secrets": [planted("confluence-hook")],
            "path_token": planted("confluence-path"),
        },
        {
            "id": "alerts",
            "connector": "webhook",
            "projects": ["PAY"],
            "proof": "path",
            "path_token": planted("alerts-path"),
            "events": [{"kind": "check.completed"}],
        },
    ],
    "providers": [
        {
            "id": "anthropic",
            "kind": "anthropic",
            "model": "claude-haiku-5-5",
            "base_url": NOWHERE,
            "api_key": planted("model"),
            "input_usd": "3",
            "output_usd": "15",
        }
    ],
}
COMMANDS = (
    ("status",),
    ("status", "--json"),
    ("doctor",),
    ("connections", "list", "--json"),
    ("connections", "show", "github"),
    ("secrets", "list"),
    ("modes", "show"),
    ("audit", "show", "--json"),
    ("audit", "export"),
    ("notices", "list", "--json"),
    ("notices", "test"),
    ("stats", "--json"),
    ("health",),
    ("keys", "list", "--json"),
)


def secrets_of(value: object, path: str = "") -> Iterator[tuple[str, SecretStr]]:
    """Every secret that some settings hold, with where it stands."""
    if isinstance(value, SecretStr):
        yield path, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from secrets_of(getattr(value, name), f"{path}.{name}".strip("."))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from secrets_of(one, path)


def secret_fields(model: type[BaseModel]) -> Iterator[str]:
    """`Model.field` of every setting that may hold a secret, by its schema."""
    for name, schema in model.model_json_schema().get("$defs", {}).items():
        for field, described in schema.get("properties", {}).items():
            if '"writeOnly": true' in json.dumps(described):
                yield f"{name}.{field}"


def as_toml(document: dict[str, Any]) -> str:
    """The document as a configuration file; JSON's values are TOML's but for tables in lists."""
    lines: list[str] = []
    for section, value in document.items():
        for one in value if isinstance(value, list) else [value]:
            lines.append(f"[[{section}]]" if isinstance(value, list) else f"[{section}]")
            lines += [f"{name} = {_inline(held)}" for name, held in one.items()]
    return "\n".join(lines) + "\n"


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        held = ", ".join(f"{json.dumps(name)} = {_inline(one)}" for name, one in value.items())
        return "{" + held + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(one) for one in value) + "]"
    return json.dumps(value)


@pytest.fixture
def settings_file(data_dir: Path, tmp_path: Path) -> Path:
    """A configuration with a secret in every place, beside data where nothing ever happened."""
    document = {**DOCUMENT, "storage": {"data_dir": str(data_dir)}}
    document["log"] = {"file": str(tmp_path / "chargehand.log")}
    file = tmp_path / "chargehand.toml"
    file.write_text(as_toml(document), encoding="utf-8")
    return file


@pytest.fixture
def all_planted(settings_file: Path) -> list[str]:
    """The texts that must be nowhere."""
    settings = load_settings(settings_file, {})
    return [secret.get_secret_value() for _, secret in secrets_of(settings)]


def test_every_secret_there_is_was_planted(settings_file: Path) -> None:
    settings = load_settings(settings_file, {})
    held = {path.rpartition(".")[2] for path, _ in secrets_of(settings)}
    may_hold = {one.rpartition(".")[2] for one in secret_fields(Settings)}

    # A database of its own and Vault's other sign-in exclude what is planted beside them.
    assert may_hold - held == {"database_url", "secret_id"}


def test_nothing_a_command_prints_or_keeps_shows_a_secret(
    settings_file: Path, all_planted: list[str], tmp_path: Path
) -> None:
    terminal = Terminal(settings_file, FakeClock(START))
    shown = {" ".join(one): terminal.run(*one) for one in COMMANDS}
    bundle, copy = tmp_path / "bundle.tar.gz", tmp_path / "backup.tar.gz"
    shown["bundle"] = terminal.run("support-bundle", "--output", str(bundle))
    shown["backup"] = terminal.run("backup", "--out", str(copy))
    # A usage error shows nothing, and would prove nothing.
    assert [name for name, ended in shown.items() if "Usage:" in ended.err] == []

    leaks = [
        f"{command}: {secret[:24]}"
        for command, ended in shown.items()
        for secret in all_planted
        if secret in ended.out + ended.err
    ]
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path != settings_file]
    leaks += [
        f"{path.name}: {secret[:24]}"
        for path in kept
        for content in _contents(path)
        for secret in all_planted
        if secret.encode() in content
    ]
    assert leaks == []
    assert bundle.exists()
    assert copy.exists()


def test_error_that_reaches_a_log_does_not_show_what_was_given(
    settings_file: Path,
) -> None:
    text = settings_file.read_text().replace("[sentry]", '[sentry]\nfleece = "planted-key"')
    settings_file.write_text(text)

    with pytest.raises(ConfigInvalid) as caught:
        load_settings(settings_file, {})

    told = "".join(traceback.format_exception(caught.value))
    assert "fleece" in told
    assert "planted-key" not in told


@pytest.mark.parametrize("wrong", [["planted-in-a-list"], {"planted": "in-a-table"}, 4711471147])
def test_error_about_a_secret_does_not_show_it(
    data_dir: Path, tmp_path: Path, wrong: object
) -> None:
    for number, one in enumerate(DOCUMENT["connections"]):
        for field in {"api_token", "token", "bot_token", "path_token"} & set(one):
            changed = [dict(each) for each in DOCUMENT["connections"]]
            changed[number][field] = wrong
            file = tmp_path / "chargehand.toml"
            file.write_text(
                as_toml({"storage": {"data_dir": str(data_dir)}, "connections": changed})
            )

            ended = Terminal(file, FakeClock(START)).run("modes", "show")

            assert ended.code == 2, (field, ended)
            assert field in ended.err, ended.err
            assert MARK not in ended.out + ended.err, ended.err
            assert "4711471147" not in ended.err


def _contents(path: Path) -> Iterator[bytes]:
    """What a file holds, and what the files within it hold."""
    yield path.read_bytes()
    if path.name.endswith((".tar", ".tar.gz", ".tgz")):
        with tarfile.open(path) as opened:
            for entry in opened.getmembers():
                inner = opened.extractfile(entry)
                if inner is not None:
                    yield inner.read()
