"""Writes `chargehand.toml` and `.env` for a first connection, with a word on every line."""

import json
import os
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

Intake = Literal["poll", "both"]


@dataclass(frozen=True, slots=True)
class ModelSetup:
    """What `init` learned of a model.

    Shape: `base_url` and `api_key` are empty where there is none; `local_host` is a host of the
    operator's network that has to be named as such.
    Units: `price` in US dollars for a million input and output tokens; None when a table knows it.
    """

    kind: str
    name: str
    base_url: str
    api_key: str
    price: tuple[Decimal, Decimal] | None
    consent: str
    local_host: str


@dataclass(frozen=True, slots=True)
class Setup:
    """What `init` learned, ready to be written down.

    Shape: `public_url` and `webhook_secret` are empty when Jira is polled; `user_name` is empty
    but on Data Center.
    """

    deployment: str
    site: str
    email: str
    user_name: str
    cloud_id: str
    api_token: str
    account_id: str
    account_name: str
    projects: tuple[str, ...]
    time_zone: str
    hours_start: int
    hours_end: int
    holiday_country: str
    public_url: str
    webhook_secret: str
    port: int
    model: ModelSetup | None = None

    @property
    def intake(self) -> Intake:
        """Webhooks with polling behind them where there is an address, else polling alone."""
        return "both" if self.public_url else "poll"


def render_config(setup: Setup) -> str:
    """The text of `chargehand.toml`."""
    holiday = (
        f"holiday_country = {_quoted(setup.holiday_country)}"
        if setup.holiday_country
        else '# holiday_country = "ES"      # country, or country-region such as US-NY'
    )
    public = (
        f"public_url = {_quoted(setup.public_url)}"
        if setup.public_url
        else '# public_url = "https://..."  # without one, Jira is polled'
    )
    return f"""\
# chargehand's configuration. Secrets are in .env beside this file.
# Every key: docs/reference/settings.md. Check it with: chargehand doctor

[server]
host = "127.0.0.1"              # loopback; a reverse proxy stands in front of it
port = {setup.port}
{public}
# trusted_proxies = ["127.0.0.1/32"]  # whose X-Forwarded-For is believed

[storage]
data_dir = "data"               # databases, lock and audit checkpoint; relative to this file
# Give DATABASE_URL=postgresql://... in .env to use PostgreSQL instead of SQLite.

[business]
time_zone = {_quoted(setup.time_zone)}
hours_start = {setup.hours_start}
hours_end = {setup.hours_end}
working_days = ["mon", "tue", "wed", "thu", "fri"]
{holiday}
holidays = []                   # further days off, such as "2026-12-24"

[answers]
answer_within = "PT2H"          # older questions wait in `chargehand asks late`
approval_expires_after = "P3D"  # an approval nobody decides closes

[log]
level = "info"                  # debug, info, warning, error
format = "auto"                 # json lines unless a terminal reads along

[[connections]]
id = "jira"                     # part of the webhook path: /webhooks/jira/jira
site = {_quoted(setup.site)}
{_sign_in(setup)}
account_id = {_quoted(setup.account_id)}  # {setup.account_name}
projects = {json.dumps(list(setup.projects))}
intake = {_quoted(setup.intake)}                 # webhook, poll, or both
poll_interval = "PT60S"
{_model_tables(setup)}"""


def render_secrets(setup: Setup) -> str:
    """The text of `.env`."""
    lines = [
        "# Secrets of chargehand; keep this file out of version control.",
        f"ATLASSIAN_API_TOKEN={setup.api_token}",
    ]
    if setup.webhook_secret:
        lines += [
            "# The secret of the Jira webhook. During a change, both: new,old",
            f"JIRA_WEBHOOK_SECRET={setup.webhook_secret}",
        ]
    if setup.model is not None and setup.model.api_key:
        lines += [
            "# The key of the model's provider; that alone lets nothing go there.",
            f"CHARGEHAND_{setup.model.kind.upper()}_API_KEY={setup.model.api_key}",
        ]
    return "\n".join(lines) + "\n"


def write_setup(setup: Setup, config: Path) -> Path:
    """Write both files whole or not at all; the path of `.env`.

    `.env` is readable by its owner alone from the moment it exists.
    """
    secrets = config.parent / ".env"
    config.parent.mkdir(parents=True, exist_ok=True)
    _write_whole(secrets, render_secrets(setup), mode=0o600)
    _write_whole(config, render_config(setup), mode=0o644)
    return secrets


def _write_whole(path: Path, text: str, *, mode: int) -> None:
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def _model_tables(setup: Setup) -> str:
    model = setup.model
    if model is None:
        return ""
    lines = [
        "",
        "[[providers]]",
        f"id = {_quoted(model.kind)}",
        f"kind = {_quoted(model.kind)}              # the API that is spoken there",
        f"model = {_quoted(model.name)}",
    ]
    lines += [f"base_url = {_quoted(model.base_url)}"] if model.base_url else []
    if model.price is not None:
        lines += [
            f"input_usd = {model.price[0]}                   # a million tokens",
            f"output_usd = {model.price[1]}",
        ]
    if model.local_host:
        lines += ["", "[model]", f"local_hosts = [{_quoted(model.local_host)}]"]
    lines += ["", "[model.consent]             # where a project's texts may go: off, local, any"]
    lines += [f"{project} = {_quoted(model.consent)}" for project in setup.projects]
    return "\n".join(lines) + "\n"


def _sign_in(setup: Setup) -> str:
    if setup.user_name:
        return (
            f"deployment = {_quoted(setup.deployment)}\n"
            f"user_name = {_quoted(setup.user_name)}  # by which people mention the bot"
        )
    if setup.email:
        return f"email = {_quoted(setup.email)}"
    return f"cloud_id = {_quoted(setup.cloud_id)}  # of a service account, which has no e-mail"


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string for everything a site, zone or e-mail can hold.
    return json.dumps(text, ensure_ascii=False)
