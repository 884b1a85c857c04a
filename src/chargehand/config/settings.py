"""The settings, their defaults and what is allowed; this file is the source of their reference."""

import ipaddress
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal, TypeAlias
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    SecretStr,
    Tag,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from chargehand.config.addresses import public_address, web_origin
from chargehand.config.approval_settings import ApprovalSettings
from chargehand.config.bitbucket_settings import BitbucketConnection
from chargehand.config.budget_settings import BudgetSettings
from chargehand.config.confluence_settings import ConfluenceConnection
from chargehand.config.connection_settings import BoundSettings, ChatSettings, ProjectName
from chargehand.config.discord_settings import DiscordConnection
from chargehand.config.flag_settings import FlagSettings
from chargehand.config.github_settings import GitHubConnection
from chargehand.config.jira_settings import JiraConnection
from chargehand.config.log_settings import LogSettings
from chargehand.config.model_settings import ModelSettings, ProviderSettings
from chargehand.config.notice_settings import NoticeSettings
from chargehand.config.outgoing_settings import OutgoingWebhookSettings
from chargehand.config.secret_settings import (
    AWSSettings,
    NetworkSettings,
    Secret,
    SecretSettings,
    UnreadSecret,
    VaultSettings,
)
from chargehand.config.sign_in_settings import OIDCSettings, SignInSettings
from chargehand.config.slack_settings import SlackConnection
from chargehand.config.telling_settings import SentrySettings, TracingSettings
from chargehand.config.webhook_settings import WebhookConnection, require_known
from chargehand.domain.ask import Repeat
from chargehand.domain.policy import Stage
from chargehand.plugins.secret import FoundSecret


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        message = f"{name!r} is not an IANA time zone; for example Europe/Madrid"
        raise ValueError(message)
    return name


def _known_country(code: str) -> str:
    # lazy: the tables are 4 MB, and most configurations name no country.
    import holidays

    country = code.partition("-")[0]
    if country not in holidays.list_supported_countries():
        message = f"{code!r} is not a country with known holidays; for example ES or US-NY"
        raise ValueError(message)
    return code


def _listened(host: str) -> str:
    """An address without the brackets a URL needs around IPv6."""
    plain = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    is_ipv6 = plain.count(":") > 1 and "]" not in plain
    if ":" in plain and not is_ipv6:
        message = "must be an address without a port, such as 127.0.0.1 or ::1; server.port has it"
        raise ValueError(message)
    return plain


def _network(text: str) -> str:
    ipaddress.ip_network(text, strict=False)
    return text


TimeZoneName = Annotated[str, AfterValidator(_known_zone)]
PublicURL = Annotated[str, AfterValidator(public_address)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerSettings(_Section):
    """Where the front listens and how the outside reaches it."""

    host: Annotated[str, AfterValidator(_listened)] = Field(
        "127.0.0.1", description="Address to listen on; loopback unless told otherwise."
    )
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    public_url: PublicURL | None = Field(
        None,
        description="The https address vendors reach this server at, with a path if a reverse "
        "proxy puts us below one; `doctor` shows it.",
    )
    trusted_proxies: tuple[Annotated[str, AfterValidator(_network)], ...] = Field(
        (), description="Networks of reverse proxies whose X-Forwarded-For is believed."
    )
    cors_origins: tuple[Annotated[str, AfterValidator(web_origin)], ...] = Field(
        (),
        max_length=50,
        description="Exact origins whose pages may call the API from a browser, such as "
        "https://board.example.com; never a wildcard.",
    )
    requests_per_minute: int = Field(
        6_000,
        ge=0,
        le=1_000_000,
        description="How many requests a minute one API key, or one session, may make of one "
        "front; 0 is no limit.",
    )


class StorageSettings(_Section):
    """Where everything is kept."""

    data_dir: Path = Field(Path("data"), description="Folder of the databases and of the lock.")
    database_url: Secret | None = Field(
        None, description="A postgresql:// URL; without one, two SQLite files in data_dir."
    )
    disk_reserve_bytes: int = Field(
        512 * 1024 * 1024,
        ge=0,
        description="Free bytes on the disk of data_dir below which the operator is told; 0 never.",
    )

    @field_validator("database_url")
    @classmethod
    def _postgres_or_nothing(cls, value: SecretStr | None) -> SecretStr | None:
        if isinstance(value, UnreadSecret):
            return value
        if value is None or not value.get_secret_value():
            return None
        if not value.get_secret_value().startswith(("postgres://", "postgresql://")):
            message = "must start with postgresql:// or postgres://; leave it out for SQLite"
            raise ValueError(message)
        return value


class BusinessSettings(_Section):
    """When the team works."""

    time_zone: TimeZoneName = Field("UTC", description="The team's IANA time zone.")
    hours_start: int = Field(9, ge=0, le=23, description="First working hour.")
    hours_end: int = Field(17, ge=1, le=24, description="Hour the working day ends.")
    working_days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = Field(
        ("mon", "tue", "wed", "thu", "fri"),
        description="Days of the week that are worked.",
        min_length=1,
    )
    holiday_country: Annotated[str, AfterValidator(_known_country)] | None = Field(
        None, description="Country, or country-region, whose public holidays are free (ES, US-NY)."
    )
    holidays: tuple[date, ...] = Field((), description="Further days off, as YYYY-MM-DD.")

    @model_validator(mode="after")
    def _day_has_hours(self) -> "BusinessSettings":
        if self.hours_end <= self.hours_start:
            message = (
                f"hours_end ({self.hours_end}) must be later than hours_start ({self.hours_start})"
            )
            raise ValueError(message)
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The team's zone."""
        return ZoneInfo(self.time_zone)


class AnswerSettings(_Section):
    """How answers behave."""

    answer_within: timedelta = Field(
        timedelta(hours=2),
        description="Older asks wait in the late list instead of being answered.",
    )
    approval_expires_after: timedelta = Field(
        timedelta(days=3), description="An approval nobody decides closes after this long."
    )
    repeat: Repeat = Field(
        Repeat.NEW,
        description="When the same person asks the same again on a Jira work item, a pull request "
        "or an issue of GitHub: `new` answers in a new comment, `update` words the bot's last "
        "comment there anew.",
    )
    repeat_in: dict[ProjectName, Repeat] = Field(
        {}, description='The same for single projects, such as `PAY = "update"`.'
    )

    @field_validator("answer_within", "approval_expires_after")
    @classmethod
    def _positive(cls, value: timedelta) -> timedelta:
        if not timedelta(minutes=1) <= value <= timedelta(days=90):
            message = "must lie between 1 minute (PT1M) and 90 days (P90D)"
            raise ValueError(message)
        return value


class RetentionSettings(_Section):
    """How long names and texts of people are kept; rows, digests and the audit stay for good."""

    raw_deliveries: timedelta = Field(
        timedelta(days=30), description="Requests as they were received."
    )
    prompts: timedelta = Field(timedelta(days=30), description="What models were told and said.")
    texts: timedelta = Field(
        timedelta(days=365), description="Comments, answers, previews; not those of open work."
    )

    @field_validator("raw_deliveries", "prompts", "texts")
    @classmethod
    def _days(cls, value: timedelta) -> timedelta:
        if not timedelta(days=1) <= value <= timedelta(days=3650):
            message = "must lie between 1 day (P1D) and 3650 days (P3650D)"
            raise ValueError(message)
        return value


class InboxSettings(_Section):
    """How much may wait between the sender and the disk."""

    queue_deliveries: int = Field(5000, ge=1, le=100_000, description="Most deliveries that wait.")
    queue_bytes: int = Field(
        64 * 1024 * 1024, ge=1024, description="Most bytes of bodies that wait."
    )


class BackupSettings(_Section):
    """When backups are made, where they are, and how long they stay."""

    folder: Path | None = Field(
        None, description="Folder of the backups; `backups` in data_dir when left out."
    )
    every: timedelta = Field(
        timedelta(days=1), description="Time between two backups by schedule; 0 makes none."
    )
    keep_daily: int = Field(
        7, ge=0, le=366, description="Days whose newest scheduled backup is kept."
    )
    keep_weekly: int = Field(
        4, ge=0, le=520, description="Weeks whose newest scheduled backup is kept."
    )

    @field_validator("every")
    @classmethod
    def _off_or_bearable(cls, value: timedelta) -> timedelta:
        if value and not timedelta(minutes=15) <= value <= timedelta(days=31):
            message = "must be 0, or lie between 15 minutes (PT15M) and 31 days (P31D)"
            raise ValueError(message)
        return value


def _connector_of(entry: object) -> object:
    """Which connector an entry is for; Jira where it does not say."""
    if isinstance(entry, dict):
        return entry.get("connector", "jira")
    return getattr(entry, "connector", None)


Connection: TypeAlias = Annotated[
    Annotated[JiraConnection, Tag("jira")]
    | Annotated[SlackConnection, Tag("slack")]
    | Annotated[DiscordConnection, Tag("discord")]
    | Annotated[BitbucketConnection, Tag("bitbucket")]
    | Annotated[ConfluenceConnection, Tag("confluence")]
    | Annotated[GitHubConnection, Tag("github")]
    | Annotated[WebhookConnection, Tag("webhook")],
    Discriminator(
        _connector_of,
        custom_error_type="connector_unknown",
        custom_error_message="connector must be one of jira, slack, discord, bitbucket, "
        "confluence, github, webhook",
    ),
]


class Settings(BaseSettings):
    """Everything an operator can set; unknown keys are errors."""

    # What was given may be a secret in the wrong place, and errors end up in logs.
    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    stage: Stage = Field(
        Stage.PROD,
        description="Which installation this is; rules of the policy can ask for it.",
    )
    server: ServerSettings = Field(default_factory=ServerSettings)
    storage: StorageSettings = Field(default_factory=StorageSettings)
    business: BusinessSettings = Field(default_factory=BusinessSettings)
    answers: AnswerSettings = Field(default_factory=AnswerSettings)
    approvals: ApprovalSettings = Field(default_factory=ApprovalSettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)
    log: LogSettings = Field(default_factory=LogSettings)
    notices: NoticeSettings = Field(default_factory=NoticeSettings)
    inbox: InboxSettings = Field(default_factory=InboxSettings)
    backup: BackupSettings = Field(default_factory=BackupSettings)
    budgets: BudgetSettings = Field(default_factory=BudgetSettings)
    flags: FlagSettings = Field(default_factory=FlagSettings)
    connections: tuple[Connection, ...] = Field((), description="The connected sites.")
    model: ModelSettings = Field(default_factory=ModelSettings)
    providers: tuple[ProviderSettings, ...] = Field((), description="The models, in order.")
    outgoing_webhooks: tuple[OutgoingWebhookSettings, ...] = Field(
        (), description="Programs that are told what happens."
    )
    network: NetworkSettings = Field(default_factory=NetworkSettings)
    secrets: SecretSettings = Field(default_factory=SecretSettings)
    vault: VaultSettings = Field(default_factory=VaultSettings)
    aws: AWSSettings = Field(default_factory=AWSSettings)
    sentry: SentrySettings = Field(default_factory=SentrySettings)
    sign_in: SignInSettings = Field(default_factory=SignInSettings)
    oidc: OIDCSettings = Field(default_factory=OIDCSettings)
    tracing: TracingSettings = Field(default_factory=TracingSettings)
    _found_secrets: tuple[FoundSecret, ...] = PrivateAttr(())

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load_settings` merged: one table of names instead of implicit ones."""
        _ = settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @property
    def found_secrets(self) -> tuple[FoundSecret, ...]:
        """Where each secret comes from, by setting; never a secret itself."""
        return self._found_secrets

    def with_found_secrets(self, found: Iterable[FoundSecret]) -> "Settings":
        """The same settings, knowing where their secrets come from."""
        known = self.model_copy()
        known._found_secrets = tuple(found)  # noqa: SLF001 - a copy of ourselves.
        return known

    @property
    def backup_folder(self) -> Path:
        """Where backups are kept."""
        return self.backup.folder or self.storage.data_dir / "backups"

    @model_validator(mode="after")
    def _ids_are_unique(self) -> "Settings":
        for section, entries in (
            ("connections", self.connections),
            ("providers", self.providers),
            ("outgoing_webhooks", self.outgoing_webhooks),
        ):
            ids = [entry.id for entry in entries]
            for name in ids:
                if ids.count(name) > 1:
                    message = f"{section}: the id {name!r} is used twice"
                    raise ValueError(message)
        return self

    @property
    def trackers(self) -> tuple[JiraConnection, ...]:
        """The connections where work items live."""
        return tuple(one for one in self.connections if isinstance(one, JiraConnection))

    @property
    def served_projects(self) -> tuple[str, ...]:
        """Every project some tracker serves, sorted."""
        return tuple(sorted({key for one in self.trackers for key in one.projects}))

    @model_validator(mode="after")
    def _channels_serve_known_projects(self) -> "Settings":
        served = self.served_projects
        for one in self.connections:
            bound: dict[str, tuple[str, ...]] = {}
            what = ""
            if isinstance(one, ChatSettings):
                bound, what = one.channels, "channels"
            elif isinstance(one, BoundSettings):
                bound, what = dict(one.bound), one.bound_by
            for place, projects in bound.items():
                for project in projects:
                    if project not in served:
                        allowed = ", ".join(served) or "none"
                        message = (
                            f"connections.{one.id}.{what}.{place}: no tracker serves "
                            f"{project}; served: {allowed}"
                        )
                        raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _repositories_serve_known_projects(self) -> "Settings":
        served = self.served_projects
        for one in self.connections:
            if not isinstance(one, BoundSettings):
                continue
            for name, projects in one.bound.items():
                for project in projects:
                    if project not in served:
                        allowed = ", ".join(served) or "none"
                        message = (
                            f"connections.{one.id}: {name} names {project}, which no tracker "
                            f"serves; served: {allowed}"
                        )
                        raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _senders_serve_known_projects(self) -> "Settings":
        chats = {one.id: one.channels for one in self.connections if isinstance(one, ChatSettings)}
        for one in self.connections:
            if isinstance(one, WebhookConnection):
                require_known(one, self.served_projects, chats)
        return self

    @model_validator(mode="after")
    def _webhooks_tell_of_known_projects(self) -> "Settings":
        served = self.served_projects
        for one in self.outgoing_webhooks:
            for project in one.projects:
                if project not in served:
                    allowed = ", ".join(served) or "none"
                    message = (
                        f"outgoing_webhooks.{one.id}.projects: no tracker serves {project}; "
                        f"served: {allowed}"
                    )
                    raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _texts_go_where_they_may(self) -> "Settings":
        served = self.served_projects
        for project in self.model.consent:
            if project not in served:
                allowed = ", ".join(served) or "none"
                message = f"model.consent.{project}: no connection serves it; served: {allowed}"
                raise ValueError(message)
        for one in self.providers:
            is_plain = urlsplit(one.address).scheme == "http"
            if is_plain and not one.is_local(self.model.local_hosts):
                message = (
                    f"providers.{one.id}.base_url: must start with https:// (http:// is for this "
                    "machine and for hosts named in model.local_hosts)"
                )
                raise ValueError(message)
        return self
