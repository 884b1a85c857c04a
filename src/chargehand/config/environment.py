"""The one table of environment names: ours, and those earlier systems used.

A name fills one field; the environment wins over `.env`, and `.env` over the file. Names that
belong to a connector fill its only connection; those of Jira make one when the file has none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EnvironmentName:
    """One accepted name: the field it fills, and how its text becomes a value."""

    name: str
    field: str
    convert: Callable[[str], object] = str


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _site(text: str) -> str:
    return text if "://" in text else f"https://{text}"


def _level(text: str) -> str:
    return text.lower()


def _seconds(text: str) -> object:
    return int(text) if text.isdigit() else text


def _opposite(text: str) -> object:
    """A name that says what is not wanted, for a field that says what is."""
    word = text.casefold()
    if word in _YES:
        return False
    return True if word in _NO else text


_YES = frozenset({"1", "true", "yes", "on", "t", "y"})
_NO = frozenset({"0", "false", "no", "off", "f", "n"})
# Names of one connector fill its only connection; a connection that does not say is of the first.
CONNECTORS = ("jira", "slack", "discord", "bitbucket", "confluence", "github")
# Later entries win, so our own names stand at the end.
NAMES: tuple[EnvironmentName, ...] = (
    EnvironmentName("PORT", "server.port"),
    EnvironmentName("DATABASE_URL", "storage.database_url"),
    EnvironmentName("LOG_LEVEL", "log.level", _level),
    EnvironmentName("BUSINESS_TIMEZONE", "business.time_zone"),
    EnvironmentName("BUSINESS_HOURS_START", "business.hours_start"),
    EnvironmentName("BUSINESS_HOURS_END", "business.hours_end"),
    EnvironmentName("COMPANY_HOLIDAYS", "business.holidays", _list),
    EnvironmentName("USE_LLM_PARSING", "flags.model_decisions"),
    EnvironmentName("DISABLE_UX_UPDATES", "flags.unasked_messages", _opposite),
    EnvironmentName("AGENT_ENABLED", "flags.agents"),
    EnvironmentName("MAX_DAILY_COST_USD", "budgets.organization_day_usd"),
    EnvironmentName("ATLASSIAN_DOMAIN", "jira.site", _site),
    EnvironmentName("JIRA_INSTANCE_URL", "jira.site", _site),
    EnvironmentName("ATLASSIAN_EMAIL", "jira.email"),
    EnvironmentName("ATLASSIAN_SERVICE_ACCOUNT_EMAIL", "jira.email"),
    EnvironmentName("ATLASSIAN_API_TOKEN", "jira.api_token"),
    EnvironmentName("ATLASSIAN_SERVICE_ACCOUNT_TOKEN", "jira.api_token"),
    EnvironmentName("ATLASSIAN_PROJECT_KEY", "jira.projects", _list),
    EnvironmentName("JIRA_POLL_INTERVAL", "jira.poll_interval", _seconds),
    EnvironmentName("JIRA_WEBHOOK_SECRET", "jira.webhook_secrets", _list),
    EnvironmentName("SLACK_BOT_TOKEN", "slack.bot_token"),
    EnvironmentName("SLACK_APP_TOKEN", "slack.app_token"),
    EnvironmentName("SLACK_SIGNING_SECRET", "slack.webhook_secrets", _list),
    EnvironmentName("SLACK_TEAM_ID", "slack.team_id"),
    EnvironmentName("DISCORD_BOT_TOKEN", "discord.bot_token"),
    EnvironmentName("DISCORD_PUBLIC_KEY", "discord.public_key"),
    EnvironmentName("DISCORD_APPLICATION_ID", "discord.application_id"),
    EnvironmentName("DISCORD_GUILD_ID", "discord.guild_id"),
    EnvironmentName("BITBUCKET_REPO_TOKEN", "bitbucket.api_token"),
    EnvironmentName("BITBUCKET_API_TOKEN", "bitbucket.api_token"),
    EnvironmentName("BITBUCKET_EMAIL", "bitbucket.email"),
    EnvironmentName("BITBUCKET_POLL_INTERVAL", "bitbucket.poll_interval", _seconds),
    EnvironmentName("BITBUCKET_WEBHOOK_SECRET", "bitbucket.webhook_secrets", _list),
    EnvironmentName("CONFLUENCE_POLL_INTERVAL", "confluence.poll_interval", _seconds),
    EnvironmentName("CONFLUENCE_API_TOKEN", "confluence.api_token"),
    EnvironmentName("CONFLUENCE_WEBHOOK_SECRET", "confluence.webhook_secrets", _list),
    EnvironmentName("CHARGEHAND_HOST", "server.host"),
    EnvironmentName("CHARGEHAND_PORT", "server.port"),
    EnvironmentName("CHARGEHAND_PUBLIC_URL", "server.public_url"),
    EnvironmentName("CHARGEHAND_DATA_DIR", "storage.data_dir"),
    EnvironmentName("CHARGEHAND_DATABASE_URL", "storage.database_url"),
    EnvironmentName("CHARGEHAND_LOG_LEVEL", "log.level", _level),
    EnvironmentName("CHARGEHAND_LOG_FORMAT", "log.format"),
    EnvironmentName("CHARGEHAND_STOP", "flags.stop"),
    EnvironmentName("CHARGEHAND_NOTICE_WEBHOOK_SECRET", "notices.webhook_secret"),
    EnvironmentName("CHARGEHAND_SMTP_PASSWORD", "notices.smtp_password"),
    EnvironmentName("CHARGEHAND_PATH_TOKEN", "jira.path_token"),
    EnvironmentName("REQUESTS_CA_BUNDLE", "network.ca_file"),
    EnvironmentName("SSL_CERT_FILE", "network.ca_file"),
    EnvironmentName("CHARGEHAND_CA_FILE", "network.ca_file"),
    EnvironmentName("VAULT_ADDR", "vault.address"),
    EnvironmentName("VAULT_NAMESPACE", "vault.namespace"),
    EnvironmentName("VAULT_TOKEN", "vault.token"),
    EnvironmentName("AWS_REGION", "aws.region"),
    EnvironmentName("AWS_DEFAULT_REGION", "aws.region"),
    EnvironmentName("OIDC_ISSUER", "oidc.issuer"),
    EnvironmentName("OIDC_CLIENT_ID", "oidc.client_id"),
    EnvironmentName("OIDC_CLIENT_SECRET", "oidc.client_secret"),
    EnvironmentName("SENTRY_DSN", "sentry.dsn"),
    EnvironmentName("SENTRY_ENVIRONMENT", "sentry.environment"),
    EnvironmentName("OTEL_EXPORTER_OTLP_ENDPOINT", "tracing.otlp_url"),
    EnvironmentName("OTEL_EXPORTER_OTLP_HEADERS", "tracing.headers"),
)
# What is secret may stand in a file whose path is in the name with `_FILE`, as containers do it.
_SECRETS = frozenset(
    {
        "api_key",
        "api_token",
        "app_token",
        "bot_token",
        "client_secret",
        "database_url",
        "dsn",
        "headers",
        "path_token",
        "private_key",
        "smtp_password",
        "token",
        "webhook_secret",
        "webhook_secrets",
    }
)
_IN_FILE = "_FILE"
# What a connection may have under a name of its own, by field; the name is the ending.
OF_ONE: Mapping[str, EnvironmentName] = {
    entry.field: entry
    for entry in (
        EnvironmentName("EMAIL", "email"),
        EnvironmentName("API_TOKEN", "api_token"),
        EnvironmentName("BOT_TOKEN", "bot_token"),
        EnvironmentName("APP_TOKEN", "app_token"),
        EnvironmentName("WEBHOOK_SECRET", "webhook_secrets", _list),
        EnvironmentName("PATH_TOKEN", "path_token"),
        EnvironmentName("PRIVATE_KEY", "private_key"),
        EnvironmentName("TOKEN", "token"),
    )
}


def read_environment(
    environ: Mapping[str, str],
) -> tuple[dict[str, object], dict[str, dict[str, object]]]:
    """What the environment says.

    Shape: (fields by dotted name, fields of the only connection of each connector).
    """
    fields: dict[str, object] = {}
    connections: dict[str, dict[str, object]] = {name: {} for name in CONNECTORS}
    for entry in NAMES:
        section, _, name = entry.field.partition(".")
        text = _text_of(entry.name, name, environ)
        if not text:
            continue
        if section in connections:
            connections[section][name] = entry.convert(text)
        else:
            fields[entry.field] = entry.convert(text)
    return fields, connections


def filling_names(environ: Mapping[str, str]) -> dict[str, str]:
    """Which name of the environment fills which field, by dotted name.

    Shape: only fields of sections; those of connections are `shared_names` and `own_name`.
    """
    return {
        entry.field: entry.name
        for entry in NAMES
        if entry.field.partition(".")[0] not in CONNECTORS
        and _text_of(entry.name, entry.field.partition(".")[2], environ)
    }


def read_connection_environment(
    connection_id: str, environ: Mapping[str, str]
) -> dict[str, object]:
    """Secrets named for one connection, which several connections need: `CHARGEHAND_<ID>_...`."""
    found: dict[str, object] = {}
    for field, entry in OF_ONE.items():
        text = _text_of(own_name(connection_id, field), field, environ)
        if text:
            found[field] = entry.convert(text)
    return found


def own_name(connection_id: str, field: str) -> str:
    """The name that fills a field of one connection, however many there are; a key of `OF_ONE`."""
    return f"CHARGEHAND_{connection_id.upper().replace('-', '_')}_{OF_ONE[field].name}"


def shared_names(connector: str, field: str | None = None) -> tuple[str, ...]:
    """The names that fill the only connection of a connector, the first that counts first.

    Shape: those of one field, or of every field.
    """
    return tuple(
        entry.name
        for entry in reversed(NAMES)
        if entry.field.startswith(f"{connector}.")
        and field in (None, entry.field.partition(".")[2])
    )


def in_file(name: str) -> str:
    """The name that says in which file the secret of another name stands."""
    return name + _IN_FILE


def read_provider_environment(
    provider: Mapping[str, object], environ: Mapping[str, str]
) -> dict[str, object]:
    """The key of one provider: `CHARGEHAND_<ID>_API_KEY`, else the vendor's own name for it.

    A vendor's name counts at the vendor's own address only: a key is not handed to other servers.
    """
    own = f"CHARGEHAND_{str(provider.get('id', '')).upper().replace('-', '_')}_API_KEY"
    names = [own]
    if not provider.get("base_url") and isinstance(provider.get("kind"), str):
        names.append(f"{str(provider['kind']).upper()}_API_KEY")
    found = (_text_of(name, "api_key", environ) for name in names)
    key = next((text for text in found if text), "")
    return {"api_key": key} if key else {}


def _text_of(name: str, field: str, environ: Mapping[str, str]) -> str:
    """What a name holds; a secret may be in the file that its name with `_FILE` leads to."""
    text = environ.get(name, "").strip()
    if text or field not in _SECRETS:
        return text
    path = environ.get(name + _IN_FILE, "").strip()
    return f"file:{path}" if path else ""
