"""`init` with a model: it asks for a price nobody else knows, and lets nothing go by itself."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from chargehand.config.load import load_settings
from chargehand.config.settings import Settings
from chargehand.testing.clock import FakeClock
from tests.cli.terminal import Ended, Terminal
from tests.house import START
from tests.processes.service import FakeSite, running_fake

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeSite]:
    with running_fake(tmp_path_factory.mktemp("jira") / "fake.json") as site:
        yield site


def connect(site: FakeSite, folder: Path, *flags: str) -> Ended:
    return Terminal(folder / "chargehand.toml", FakeClock(START)).run(
        *("init", "--no-wait", "--site", site.url, "--email", site.email, "--token", site.token),
        *("--projects", "PAY,HELP", "--time-zone", "Europe/Madrid", "--hours", "9-17"),
        *flags,
    )


def settings_in(folder: Path) -> Settings:
    return load_settings(folder / "chargehand.toml", {})


def test_without_a_word_about_it_there_is_no_model(site: FakeSite, tmp_path: Path) -> None:
    ended = connect(site, tmp_path)

    assert ended.code == 0, ended
    assert settings_in(tmp_path).providers == ()


def test_known_model_is_priced_by_the_table_and_gets_nothing_yet(
    site: FakeSite, tmp_path: Path
) -> None:
    ended = connect(site, tmp_path, "--model", "anthropic", "--model-key", "sk-of-this-test")

    settings = settings_in(tmp_path)
    (provider,) = settings.providers
    assert ended.code == 0, ended
    assert "nothing goes to it" in ended.out
    assert "sk-of-this-test" not in ended.out + (tmp_path / "chargehand.toml").read_text()
    assert provider.api_key is not None
    assert provider.api_key.get_secret_value() == "sk-of-this-test"
    assert provider.input_usd is None
    assert settings.model.consent == {"PAY": "off", "HELP": "off"}


def test_server_of_ones_own_has_to_be_priced(site: FakeSite, tmp_path: Path) -> None:
    own = ("--model", "openai", "--model-url", "http://gpu.internal:8000/v1")

    ended = connect(site, tmp_path, *own, "--model-key", "none")

    assert ended.code == 2
    assert "--model-price" in ended.err
    assert not (tmp_path / "chargehand.toml").exists()


@pytest.mark.parametrize(
    ("price", "expected"), [("0", (0, 0)), ("0.25, 1.5", (Decimal("0.25"), Decimal("1.5")))]
)
def test_server_of_ones_own_may_be_given_what_stays_local(
    site: FakeSite, tmp_path: Path, price: str, expected: tuple[Decimal, Decimal]
) -> None:
    own = ("--model", "openai", "--model-url", "http://gpu.internal:8000/v1")
    what = ("--model-name", "qwen3-32b", "--model-price", price, "--model-consent", "local")

    ended = connect(site, tmp_path, *own, *what)

    settings = settings_in(tmp_path)
    (provider,) = settings.providers
    assert ended.code == 0, ended
    assert (provider.input_usd, provider.output_usd) == expected
    assert provider.is_local(settings.model.local_hosts)
    assert settings.model.consent == {"PAY": "local", "HELP": "local"}


@pytest.mark.parametrize("price", ["-1,2", "NaN", "1", "1,2,3", "free", "inf,inf", "1e9,1"])
def test_price_that_is_none_is_refused_before_anything_is_written(
    site: FakeSite, tmp_path: Path, price: str
) -> None:
    own = ("--model", "openai", "--model-url", "http://gpu.internal:8000/v1")

    ended = connect(site, tmp_path, *own, f"--model-price={price}")

    assert ended.code == 2
    assert "not like 3,15" in ended.err
    assert not (tmp_path / "chargehand.toml").exists()
