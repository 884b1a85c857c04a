"""What settings say that several processes go by; needs no connector."""

import shutil
from datetime import date, timedelta

from chargehand.bootstrap.errors import ConnectionMissing
from chargehand.budgets.caps import BudgetRules
from chargehand.budgets.money import read_usd
from chargehand.config.confluence_settings import ConfluenceConnection
from chargehand.config.discord_settings import DiscordConnection
from chargehand.config.jira_settings import JiraConnection
from chargehand.config.settings import BusinessSettings, Connection, Settings
from chargehand.config.shown import connection_marks
from chargehand.config.webhook_settings import WebhookConnection
from chargehand.domain.delivery import DeliverySource
from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.domain.retention import Kept
from chargehand.kit.calendar import WorkingHours
from chargehand.pipeline.connection import PipelineRules
from chargehand.pipeline.connection_health import KnownConnection
from chargehand.pipeline.flags import KnownScopes
from chargehand.pipeline.guarding import GuardRules
from chargehand.pipeline.sessions import SessionRules

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def find_connection(settings: Settings, wanted: str | None) -> Connection:
    """The named connection, or the only one.

    Raises: ConnectionMissing.
    """
    configured = ", ".join(one.id for one in settings.connections) or "none"
    for one in settings.connections:
        if wanted == one.id or (wanted is None and len(settings.connections) == 1):
            return one
    raise ConnectionMissing(wanted=wanted or "to choose by itself", configured=configured)


def find_tracker(settings: Settings, wanted: str | None) -> JiraConnection:
    """The named tracker, or the only one.

    Raises: ConnectionMissing.
    """
    configured = ", ".join(one.id for one in settings.trackers) or "none"
    for one in settings.trackers:
        if wanted == one.id or (wanted is None and len(settings.trackers) == 1):
            return one
    raise ConnectionMissing(wanted=wanted or "to choose by itself", configured=configured)


def find_discord(settings: Settings, wanted: str | None) -> DiscordConnection:
    """The named Discord connection, or the only one.

    Raises: ConnectionMissing.
    """
    servers = [one for one in settings.connections if isinstance(one, DiscordConnection)]
    for one in servers:
        if wanted == one.id or (wanted is None and len(servers) == 1):
            return one
    configured = ", ".join(one.id for one in servers) or "none of Discord"
    raise ConnectionMissing(wanted=wanted or "to choose by itself", configured=configured)


def find_webhook(settings: Settings, wanted: str | None) -> WebhookConnection:
    """The named sender of plain webhooks, or the only one.

    Raises: ConnectionMissing.
    """
    senders = [one for one in settings.connections if isinstance(one, WebhookConnection)]
    for one in senders:
        if wanted == one.id or (wanted is None and len(senders) == 1):
            return one
    configured = ", ".join(one.id for one in senders) or "none of plain webhooks"
    raise ConnectionMissing(wanted=wanted or "to choose by itself", configured=configured)


def served_projects(settings: Settings) -> frozenset[ProjectKey]:
    """Every project some connection serves."""
    return frozenset(ProjectKey(key) for key in settings.served_projects)


def known_connections(settings: Settings) -> dict[ConnectionId, str]:
    """Every configured connection, with the connector it is of."""
    return {ConnectionId(one.id): one.connector for one in settings.connections}


def scopes_of(settings: Settings) -> KnownScopes:
    """What a flag or a stop can be about here: served projects, connectors, and connections."""
    connections = {name for one in settings.connections for name in (one.id, one.connector)}
    return KnownScopes(projects=served_projects(settings), connectors=connections)


def pipeline_rules(settings: Settings) -> PipelineRules:
    """What the operator set that the pipeline goes by."""
    return PipelineRules(
        answer_within=settings.answers.answer_within,
        approval_expires_after=settings.answers.approval_expires_after,
        team_zone=settings.business.time_zone,
        hours=working_hours(settings),
        remind_after=timedelta(hours=settings.approvals.remind_after_hours),
        escalate_after=timedelta(hours=settings.approvals.escalate_after_hours),
        escalate_to=frozenset(settings.approvals.escalate_to),
        repeat=settings.answers.repeat,
        repeat_in={ProjectKey(key): how for key, how in settings.answers.repeat_in.items()},
        retention={
            Kept.RAW_DELIVERIES: settings.retention.raw_deliveries,
            Kept.PROMPTS: settings.retention.prompts,
            Kept.TEXTS: settings.retention.texts,
        },
    )


def working_hours(settings: Settings) -> WorkingHours:
    """When the team works."""
    business = settings.business
    return WorkingHours(
        zone=business.zone,
        start_hour=business.hours_start,
        end_hour=business.hours_end,
        weekdays=frozenset(_WEEKDAYS.index(day) for day in business.working_days),
        is_day_off=lambda day: day in business.holidays or _is_holiday(day, business),
    )


def _is_holiday(day: date, business: BusinessSettings) -> bool:
    if business.holiday_country is None:
        return False
    # lazy: the tables are 4 MB, and most configurations name no country.
    import holidays

    country, _, region = business.holiday_country.partition("-")
    return day in holidays.country_holidays(country, subdiv=region or None)


def budget_rules(settings: Settings) -> BudgetRules:
    """What the operator set that budgets go by."""
    amount = settings.budgets.organization_day_usd
    return BudgetRules(
        zone=settings.business.zone,
        organization_day_micro_usd=read_usd(amount, field="budgets.organization_day_usd"),
    )


def guard_rules(settings: Settings) -> GuardRules:
    """What the operator set that the guards go by."""
    folder = settings.storage.data_dir
    return GuardRules(
        reserve_bytes=settings.storage.disk_reserve_bytes,
        free_bytes=lambda: shutil.disk_usage(folder).free,
        sources={ConnectionId(one.id): _sources_of(one) for one in settings.connections},
        zone=settings.business.zone,
        secrets=settings.found_secrets,
        marks={
            name: mark
            for one in settings.connections
            for name, mark in connection_marks(one).items()
        },
    )


def tells_of_accounts(configured: Connection) -> bool:
    """Whether the vendor of a connection tells whether accounts work."""
    if isinstance(configured, ConfluenceConnection):
        return configured.deployment == "cloud"
    return not isinstance(configured, WebhookConnection)


def connections_by_settings(settings: Settings) -> tuple[KnownConnection, ...]:
    """What the settings say of each connection, to judge how it is."""
    return tuple(
        KnownConnection(
            id=ConnectionId(one.id),
            connector=one.connector,
            site=one.site,
            sources=_sources_of(one),
            polled_every=one.polled_every,
            is_proof_set=one.is_proof_set,
            secrets=tuple(
                secret
                for secret in settings.found_secrets
                if secret.setting.startswith(f"connections.{one.id}.")
            ),
        )
        for one in settings.connections
    )


def _sources_of(configured: Connection) -> tuple[str, ...]:
    """The ways deliveries of a connection are expected to come."""
    webhook = (DeliverySource.WEBHOOK.value,) if configured.takes_webhooks else ()
    polled = (DeliverySource.POLL.value,) if configured.polled_every is not None else ()
    return (*webhook, *polled) or (DeliverySource.LISTENER.value,)


def session_rules(settings: Settings) -> SessionRules:
    """How long members stay signed in."""
    return SessionRules(idle=settings.sign_in.idle, lasts=settings.sign_in.lasts)
