from pathlib import Path

import pytest

from chargehand.bootstrap.configured import budget_rules
from chargehand.config.errors import ConfigInvalid, ConfigMissing, ConfigUnreadable
from chargehand.config.load import load_settings

SEED_ENVIRONMENT = {
    "ATLASSIAN_DOMAIN": "acme.atlassian.net",
    "ATLASSIAN_EMAIL": "bot@acme.example",
    "ATLASSIAN_API_TOKEN": "a-token",
    "ATLASSIAN_PROJECT_KEY": "PAY, OPS",
    "BUSINESS_TIMEZONE": "Europe/Madrid",
    "BUSINESS_HOURS_START": "8",
    "BUSINESS_HOURS_END": "16",
    "COMPANY_HOLIDAYS": "2026-12-24,2026-12-31",
    "PORT": "9001",
    "DATABASE_URL": "postgres://u:p@db/chargehand",
    "LOG_LEVEL": "WARNING",
    "JIRA_POLL_INTERVAL": "30",
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "chargehand.toml"


def test_environment_of_earlier_systems_is_enough(config: Path) -> None:
    config.write_text("")

    settings = load_settings(config, SEED_ENVIRONMENT)

    connection = settings.connections[0]
    assert connection.site == "https://acme.atlassian.net"
    assert connection.projects == ("PAY", "OPS")
    assert connection.poll_interval.total_seconds() == 30
    assert settings.business.time_zone == "Europe/Madrid"
    assert (settings.business.hours_start, settings.business.hours_end) == (8, 16)
    assert [f"{day:%m-%d}" for day in settings.business.holidays] == ["12-24", "12-31"]
    assert settings.server.port == 9001
    assert settings.log.level == "warning"
    assert settings.storage.database_url is not None


def test_environment_wins_over_dotenv_and_dotenv_over_the_file(config: Path) -> None:
    config.write_text("[server]\nport = 1\n[log]\nlevel = 'error'\n")
    (config.parent / ".env").write_text("PORT=2\nLOG_LEVEL=debug\n")

    settings = load_settings(config, {"PORT": "3"})

    assert (settings.server.port, settings.log.level) == (3, "debug")


def test_secrets_print_masked(config: Path) -> None:
    config.write_text("")

    settings = load_settings(config, {**SEED_ENVIRONMENT, "JIRA_WEBHOOK_SECRET": "hush-hush"})

    assert "a-token" not in repr(settings)
    assert "hush-hush" not in repr(settings)
    assert "u:p@db" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("[server]\nprot = 1", ["server.prot", "Did you mean port?"], id="typo"),
        pytest.param("[servre]\nport = 1", ["servre", "Did you mean server?"], id="section"),
        pytest.param("[server]\nport = 99999", ["server.port", "65535"], id="range"),
        pytest.param("[business]\ntime_zone = 'Mars/X'", ["time_zone", "Europe/Madrid"], id="zone"),
        pytest.param("[business]\nhours_start = 18", ["hours_end", "later"], id="hours"),
        pytest.param("[business]\nholiday_country = 'XX'", ["holiday_country", "ES"], id="country"),
        pytest.param("[answers]\nanswer_within = 'PT1S'", ["answer_within", "1 minute"], id="span"),
        pytest.param("[log]\nlevel = 'loud'", ["log.level", "'debug'"], id="level"),
        pytest.param(
            "[storage]\ndatabase_url = 'mysql://x'",
            ["database_url", "postgresql://"],
            id="database",
        ),
        pytest.param(
            "[budgets]\norganization_day_usd = -1",
            ["budgets.organization_day_usd", "greater than or equal to 0"],
            id="negative-budget",
        ),
        pytest.param(
            "[budgets]\norganization_day_usd = nan",
            ["budgets.organization_day_usd", "finite"],
            id="budget-that-is-no-number",
        ),
        pytest.param("server = 3", ["server"], id="wrong-type"),
        pytest.param("connections = 3", ["connections"], id="connections-type"),
        pytest.param(
            "[[connections]]\nsite='http://acme.example'\nemail='a@b.c'\napi_token='t'\n"
            "projects=['PAY']",
            ["connections.0.site", "https://"],
            id="plain-http",
        ),
        pytest.param(
            "[[connections]]\nsite='https://u:p@acme.example'\nemail='a@b.c'\napi_token='t'\n"
            "projects=['pay']",
            ["connections.0.site", "user name", "connections.0.projects.0"],
            id="several-at-once",
        ),
        pytest.param(
            "[[connections]]\nsite='https://acme.example'\napi_token='t'\nprojects=['PAY']",
            ["connections.0", "email is missing", "cloud_id"],
            id="neither-email-nor-cloud-id",
        ),
        pytest.param(
            "[[connections]]\nsite='https://acme.example'\napi_token='t'\nprojects=['PAY']\n"
            "cloud_id='../x'",
            ["connections.0.cloud_id"],
            id="cloud-id",
        ),
        pytest.param(
            "[[connections]]\nsite='https://acme.example'\nemail='a@b.c'\napi_token='t'\n"
            "projects=['PAY']\neditable_fields=['status']",
            ["connections.0.editable_fields.0", "'fix_versions'"],
            id="editable-field",
        ),
        pytest.param(
            "[server]\ntrusted_proxies = '127.0.0.1'",
            ["server.trusted_proxies: must be a list", "'127.0.0.1'"],
            id="text-for-a-list",
        ),
        pytest.param("server = 5", ["server: must be a table"], id="number-for-a-table"),
    ],
)
def test_wrong_field_is_named_with_what_is_allowed(
    config: Path, text: str, words: list[str]
) -> None:
    config.write_text(text)

    with pytest.raises(ConfigInvalid) as caught:
        load_settings(config, {})

    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        pytest.param(
            "PORT", "abc", "server.port (from PORT, in the environment or .env): ", id="n"
        ),
        pytest.param(
            "DATABASE_URL",
            "mysql://u:hush-hush@db/x",
            "storage.database_url (from DATABASE_URL, in the environment or .env): ",
            id="secret",
        ),
    ],
)
def test_name_that_a_wrong_value_came_from_is_told(
    config: Path, name: str, value: str, words: str
) -> None:
    config.write_text("[server]\nhost = '127.0.0.1'")

    with pytest.raises(ConfigInvalid) as caught:
        load_settings(config, {name: value})

    assert words in str(caught.value)
    assert "hush-hush" not in str(caught.value)


_PAY = "[[connections]]\nid='{id}'\nsite='https://a.example'\nemail='a@b.c'\nprojects=['PAY']\n"


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        pytest.param(["pay"], ["0.api_token: missing; ATLASSIAN_API_TOKEN in .env"], id="one"),
        pytest.param(
            ["pay", "other-site"],
            ["CHARGEHAND_PAY_API_TOKEN in .env", "CHARGEHAND_OTHER_SITE_API_TOKEN in .env"],
            id="two",
        ),
    ],
)
def test_missing_secret_is_told_with_the_name_that_sets_it(
    config: Path, ids: list[str], words: list[str]
) -> None:
    config.write_text("".join(_PAY.format(id=one) for one in ids))

    with pytest.raises(ConfigInvalid) as caught:
        load_settings(config, {})

    for word in words:
        assert word in str(caught.value)


def test_wrong_secret_is_not_repeated(config: Path) -> None:
    config.write_text(
        "[[connections]]\nsite='https://a.example'\nemail='a@b.c'\nprojects=['PAY']\n"
        "api_token='t'\npath_token='short-secret'"
    )

    with pytest.raises(ConfigInvalid) as caught:
        load_settings(config, {})

    assert "path_token" in str(caught.value)
    assert "short-secret" not in str(caught.value)


def test_password_within_an_address_is_not_repeated(config: Path) -> None:
    config.write_text("[[connections]]\nsite='https://bot:hush-hush@a.example'\nprojects=['PAY']")

    with pytest.raises(ConfigInvalid, match=r"they go into \.env") as caught:
        load_settings(config, {"ATLASSIAN_EMAIL": "a@b.c", "ATLASSIAN_API_TOKEN": "t"})

    assert "hush-hush" not in str(caught.value)


def test_missing_file_says_how_to_make_one(config: Path) -> None:
    with pytest.raises(ConfigMissing, match="chargehand init"):
        load_settings(config, {})


@pytest.mark.parametrize(
    "content",
    [b"[server", b"\xff\xfe", b"a = " + b"[" * 10_000],
    ids=["not-toml", "not-text", "too-deep"],
)
def test_unreadable_file_is_an_error_of_its_own(config: Path, content: bytes) -> None:
    config.write_bytes(content)

    with pytest.raises(ConfigUnreadable, match=r"chargehand\.toml"):
        load_settings(config, {})


@pytest.mark.parametrize(
    "wrong",
    ["JIRA_WEBHOOK_SECRET hush-hush", 'JIRA_WEBHOOK_SECRET="hush-hush'],
    ids=["no-sign", "quote"],
)
def test_line_of_the_names_file_that_says_nothing_is_named_and_not_repeated(
    config: Path, wrong: str
) -> None:
    config.write_text("")
    (config.parent / ".env").write_text(f"# mine\nPORT=9001\n{wrong}\nLOG_LEVEL=debug\n")

    with pytest.raises(ConfigUnreadable, match=r"\.env can not be read: line 3 ") as caught:
        load_settings(config, {})

    assert "hush-hush" not in str(caught.value)


def test_several_connections_have_secrets_of_their_own(config: Path) -> None:
    config.write_text(
        "\n".join(
            f"[[connections]]\nid='{name}'\nsite='https://{name}.example'\nemail='a@b.c'\n"
            f"projects=['P{number}']"
            for number, name in enumerate(("acme-one", "acme-two"))
        )
    )

    settings = load_settings(
        config,
        {"CHARGEHAND_ACME_ONE_API_TOKEN": "first", "CHARGEHAND_ACME_TWO_API_TOKEN": "second"},
    )

    tokens = [one.api_token.get_secret_value() for one in settings.connections]
    assert tokens == ["first", "second"]


def test_one_id_can_not_be_used_twice(config: Path) -> None:
    entry = "[[connections]]\nsite='https://a.example'\nemail='a@b.c'\napi_token='t'\nprojects=['PAY']\n"
    config.write_text(entry * 2)

    with pytest.raises(ConfigInvalid, match="used twice"):
        load_settings(config, {})


@pytest.mark.parametrize(("text", "micro_usd"), [("0", 0), ("0.1", 100_000), ("2.5", 2_500_000)])
def test_budget_of_the_configuration_is_exact(config: Path, text: str, micro_usd: int) -> None:
    config.write_text(f"[budgets]\norganization_day_usd = {text}\n")

    rules = budget_rules(load_settings(config, {}))

    assert rules.organization_day_micro_usd == micro_usd


@pytest.mark.parametrize(
    ("given", "known"),
    [
        pytest.param("https://bot.example.com/", "https://bot.example.com", id="host"),
        pytest.param(
            "https://bot.example.com/chargehand/", "https://bot.example.com/chargehand", id="path"
        ),
    ],
)
def test_public_address_may_lie_below_a_path(config: Path, given: str, known: str) -> None:
    config.write_text(f'[server]\npublic_url = "{given}"\n')

    assert load_settings(config, {}).server.public_url == known


def test_public_address_with_a_query_is_refused(config: Path) -> None:
    config.write_text('[server]\npublic_url = "https://bot.example.com/?a=b"\n')

    with pytest.raises(ConfigInvalid, match="must end with its path"):
        load_settings(config, {})


def test_log_file_is_meant_from_the_folder_of_the_configuration(config: Path) -> None:
    config.write_text('[log]\nfile = "log/chargehand.log"\n')

    assert load_settings(config, {}).log.file == config.parent / "log" / "chargehand.log"
