"""Settings of models: what is refused, and where keys come from."""

from pathlib import Path

import pytest

from chargehand.config.errors import ConfigInvalid
from chargehand.config.load import load_settings
from chargehand.config.settings import Settings

JIRA = """
[[connections]]
site = "https://acme.atlassian.net"
email = "bot@acme.example"
api_token = "the-token-of-jira"
projects = ["PAY"]
"""
PROVIDER = '[[providers]]\nid = "claude"\nkind = "anthropic"\nmodel = "claude-haiku-5-5"\n'
KEYS = {"ANTHROPIC_API_KEY": "vendor-key-1", "OPENAI_API_KEY": "vendor-key-2"}


def load(folder: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    config = folder / "chargehand.toml"
    config.write_text(JIRA + text)
    return load_settings(config, environ or {})


def key_of(settings: Settings) -> str:
    key = settings.providers[0].api_key
    return key.get_secret_value() if key is not None else ""


def test_without_providers_and_consent_nothing_is_allowed(tmp_path: Path) -> None:
    settings = load(tmp_path, "", KEYS)

    assert settings.providers == ()
    assert settings.model.consent == {}


def test_vendor_s_key_fills_its_provider_and_own_name_goes_before_it(tmp_path: Path) -> None:
    assert key_of(load(tmp_path, PROVIDER, KEYS)) == "vendor-key-1"
    own = {**KEYS, "CHARGEHAND_CLAUDE_API_KEY": "own-key"}
    assert key_of(load(tmp_path, PROVIDER, own)) == "own-key"


def test_vendor_s_key_is_not_handed_to_another_server(tmp_path: Path) -> None:
    elsewhere = PROVIDER + 'base_url = "https://models.example.com"\n'

    assert key_of(load(tmp_path, elsewhere, KEYS)) == ""


REFUSED = {
    "consent word": ("[model.consent]\nPAY = 'all'\n", "model.consent.PAY"),
    "consent for another project": ("[model.consent]\nPAX = 'any'\n", "served: PAY"),
    "plain http elsewhere": (
        PROVIDER + 'base_url = "http://models.example.com"\n',
        "must start with https://",
    ),
    "password in the address": (
        PROVIDER + 'base_url = "https://me:pw@models.example.com"\n',
        "keys go into .env",
    ),
    "half a price": (PROVIDER + "input_usd = 3\n", "give both"),
    "negative price": (PROVIDER + "input_usd = -3\noutput_usd = 1\n", "greater than or equal"),
    "threshold": ("[model]\nconfidence_threshold = 1.2\n", "less than or equal to 1"),
    "kind": (PROVIDER.replace("anthropic", "mistral"), "'anthropic' or 'openai'"),
    "typo": (PROVIDER + "apikey = 'x'\n", "Did you mean api_key?"),
    "the same id twice": (PROVIDER + PROVIDER, "'claude' is used twice"),
}


@pytest.mark.parametrize(("text", "told"), REFUSED.values(), ids=REFUSED)
def test_setting_that_can_not_be_used_is_named_without_any_secret(
    tmp_path: Path, text: str, told: str
) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        load(tmp_path, text, {**KEYS, "CHARGEHAND_CLAUDE_API_KEY": "own-key"})

    assert told in str(refused.value)
    for secret in ("the-token-of-jira", "own-key", "vendor-key"):
        assert secret not in str(refused.value)


@pytest.mark.parametrize(
    ("base_url", "is_local"),
    [
        ("http://127.0.0.1:11434/v1", True),
        ("http://localhost:11434/v1", True),
        ("http://[::1]:11434/v1", True),
        ("http://gpu.internal:8000/v1", True),
        ("https://gpu.internal.evil.example/v1", False),
        ("https://api.example.com/127.0.0.1", False),
    ],
)
def test_local_is_this_machine_or_a_named_host(
    tmp_path: Path, base_url: str, *, is_local: bool
) -> None:
    text = f'[model]\nlocal_hosts = ["gpu.internal"]\n{PROVIDER}base_url = "{base_url}"\n'

    settings = load(tmp_path, text)

    assert settings.providers[0].is_local(settings.model.local_hosts) is is_local
