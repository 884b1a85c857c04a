"""`init`: connects a Jira site, writes the configuration, and waits for the first real comment."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from zoneinfo import available_timezones

import typer

from chargehand.cli.asking import ask, choose, is_terminal
from chargehand.cli.asking_jira import (
    Email,
    GivenSite,
    Projects,
    ServiceAccount,
    Site,
    Token,
    ask_site,
    echo_webhook,
)
from chargehand.cli.config_file import Setup, write_setup
from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.init_model import (
    GivenModel,
    ModelConsent,
    ModelKey,
    ModelKind,
    ModelName,
    ModelPrice,
    ModelURL,
    ask_model,
)
from chargehand.domain.errors import Rejected
from chargehand.kit.clock import SystemClock

_REPLY_MODES = ("simulate", "approve", "auto")
Holidays = Annotated[
    str | None, typer.Option(help="Country of public holidays: ES, US-NY, or none")
]
PublicURL = Annotated[
    str | None, typer.Option(help="https address Jira can reach, or none to poll")
]
Replies = Annotated[
    str | None, typer.Option(help="What happens to replies: simulate, approve or auto")
]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]
Wait = Annotated[
    bool, typer.Option("--wait/--no-wait", help="Start and wait for the first comment.")
]


class ConfigExists(Rejected):
    """A configuration that must not be lost by accident."""

    code = "config_exists"
    template = "{path} exists already; give --force to replace it, or --config for another place."


@dataclass(frozen=True, slots=True)
class _Given:
    """What was handed in as flags; None has to be asked."""

    site: GivenSite
    time_zone: str | None
    hours: str | None
    holidays: str | None
    public_url: str | None
    port: int
    replies: str | None
    model: GivenModel


def init(  # noqa: PLR0917 - typer makes options of parameters.
    context: typer.Context,
    site: Site = None,
    email: Email = None,
    service: ServiceAccount = False,  # noqa: FBT002 - typer makes options of parameters.
    token: Token = None,
    projects: Projects = None,
    time_zone: Annotated[str | None, typer.Option(help="The team's zone: Europe/Madrid")] = None,
    hours: Annotated[str | None, typer.Option(help="Working hours: 9-17")] = None,
    holidays: Holidays = None,
    public_url: PublicURL = None,
    replies: Replies = None,
    model: ModelKind = None,
    model_name: ModelName = None,
    model_url: ModelURL = None,
    model_price: ModelPrice = None,
    model_key: ModelKey = None,
    model_consent: ModelConsent = None,
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    force: Force = False,  # noqa: FBT002 - as above.
    wait: Wait = True,  # noqa: FBT002 - as above.
) -> None:
    """Connect a Jira site: asks for what is missing, shows who the bot is, writes the files.

    Example: chargehand init --site https://acme.atlassian.net --email bot@acme.example
    """
    invocation: Invocation = context.obj
    config = invocation.config or Path("chargehand.toml")
    if config.exists() and not force:
        raise ConfigExists(path=str(config))
    asked = GivenModel(model, model_name, model_url, model_price, model_key, model_consent)
    given = _Given(
        GivenSite(site, email, service, token, projects),
        time_zone,
        hours,
        holidays,
        public_url,
        port,
        replies,
        asked,
    )
    setup = _ask_all(given)
    mode = _choose_mode(given)
    secrets_file = write_setup(setup, config)
    typer.echo(f"\nWrote {config} and {secrets_file}.")
    _prepare(Invocation(config=config), mode)
    _tell_next_steps(setup, config, mode)
    if wait and is_terminal():
        # lazy: only this branch runs a server.
        from chargehand.cli.watching import serve_and_watch

        serve_and_watch(Invocation(config=config))


def _choose_mode(given: _Given) -> str:
    return choose(
        "What happens to replies? simulate shows them only, approve asks you, auto sends",
        given.replies,
        _REPLY_MODES,
        flag="--replies",
        default="simulate",
    )


def _ask_all(given: _Given) -> Setup:
    asked = ask_site(given.site)
    site, survey, identity = asked.site, asked.survey, asked.survey.identity
    zones = sorted(available_timezones())
    guess = identity.time_zone if identity.time_zone in zones else "UTC"
    zone = choose("Time zone", given.time_zone, zones, flag="--time-zone", default=guess)
    start, end = ask("Working hours", given.hours, _read_hours, flag="--hours", default="9-17")
    country = ask(
        "Public holidays of", given.holidays, _read_country, flag="--holidays", default="none"
    )
    public = ask(
        "Public https address of this server, or none",
        given.public_url,
        _read_public_url,
        flag="--public-url",
        default="none",
    )
    return Setup(
        deployment=site.found.deployment.value,
        site=site.address,
        email=asked.email or "",
        user_name=identity.user_name or "",
        cloud_id=survey.cloud_id or "",
        api_token=asked.token,
        account_id=identity.account_id,
        account_name=identity.name,
        projects=asked.projects,
        time_zone=zone,
        hours_start=start,
        hours_end=end,
        holiday_country=country,
        public_url=public,
        webhook_secret=secrets.token_urlsafe(32) if public else "",
        port=given.port,
        model=ask_model(given.model, now=SystemClock().now()),
    )


def _prepare(invocation: Invocation, mode: str) -> None:
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import served_projects
    from chargehand.bootstrap.stores import migrate_stores
    from chargehand.domain.action import ActionKind, Mode
    from chargehand.pipeline.modes import ensure_mode

    clock = SystemClock()
    settings = invocation.load_settings()
    migrate_stores(settings, clock=clock)
    wanted, kind = Mode(mode), ActionKind.JIRA_ADD_COMMENT
    with invocation.open_stores() as (_, stores):
        served = served_projects(settings)
        stores.database.write(
            lambda tx: ensure_mode(
                tx, wanted, kind, served=served, by=operator_name(), now=clock.now()
            )
        )


def _tell_next_steps(setup: Setup, config: Path, mode: str) -> None:
    typer.echo(f"Replies are in {mode} mode; change it with `chargehand modes set`.")
    if setup.public_url:
        echo_webhook(
            f"{setup.public_url}/webhooks/jira/jira",
            setup.webhook_secret,
            setup.projects,
            on_data_center=bool(setup.user_name),
        )
    else:
        typer.echo("Without a public address Jira is asked every 60 s; nothing to set up there.")
    if setup.model is not None and setup.model.consent == "off":
        typer.echo(
            "\nThe model is configured and nothing goes to it: when you want that, set the "
            "projects under [model.consent]."
        )
    option = "" if config == Path("chargehand.toml") else f" --config {config}"
    typer.echo(f"\nCheck it:  chargehand{option} doctor\nRun it:    chargehand{option} serve\n")


def _read_hours(text: str) -> tuple[int, int]:
    start, dash, end = text.partition("-")
    if not (dash and start.strip().isdigit() and end.strip().isdigit()):
        message = f"{text!r} is not like 9-17"
        raise ValueError(message)
    first, last = int(start), int(end)
    if not 0 <= first < last <= 24:  # noqa: PLR2004 - the hours of a day.
        message = "the first hour must be before the last, within 0 and 24"
        raise ValueError(message)
    return first, last


def _read_country(text: str) -> str:
    if text.casefold() in ("", "none", "-"):
        return ""
    # lazy: the tables of holidays are large.
    import holidays

    country = text.partition("-")[0].upper()
    if country not in holidays.list_supported_countries():
        message = f"no holidays are known for {text!r}; give a code such as ES or US-NY, or none"
        raise ValueError(message)
    return text.upper()


def _read_public_url(text: str) -> str:
    if text.casefold() in ("", "none", "-"):
        return ""
    if not text.startswith("https://"):
        message = "must start with https://, or be none"
        raise ValueError(message)
    return text.rstrip("/")
