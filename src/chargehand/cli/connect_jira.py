"""`connect jira`: one more Jira site, or the first one again; tried, then written down."""

import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.asking_jira import (
    AskedSite,
    Email,
    GivenSite,
    Projects,
    ServiceAccount,
    Site,
    Token,
    ask_site,
    echo_webhook,
)
from chargehand.cli.connecting import (
    DEFAULT_TIMEOUT_S,
    Beginning,
    Keep,
    Name,
    RequestTimeout,
    begin,
    choose_intake,
    echo_next,
    read_keeping,
    require_flags,
    save,
    timeout_value,
    try_draft,
)

if TYPE_CHECKING:
    # They take longer to load than `--help` may.
    from chargehand.bootstrap.drafting import Draft
    from chargehand.config.blocks import TOMLValue

_INTAKES = ("poll", "both", "webhook")
_QUESTION = (
    "How do comments reach us? poll needs no public address, both is webhooks with polling beside "
    "them"
)


def jira(
    context: typer.Context,
    name: Name = None,
    *,
    site: Site = None,
    email: Email = None,
    service: ServiceAccount = False,
    token: Token = None,
    projects: Projects = None,
    intake: Annotated[
        str | None, typer.Option(help="How comments reach us: poll, both or webhook")
    ] = None,
    keep: Keep = "env",
    request_timeout: RequestTimeout = DEFAULT_TIMEOUT_S,
) -> None:
    """Connect one more Jira site: shows who the bot is there, tries it, writes the files.

    The first site is connected by `chargehand init`, which asks for the team's hours too.

    Example: chargehand connect jira jira-eu --site https://acme-eu.atlassian.net
    """
    beginning = begin(context, name, "jira")
    keeping = read_keeping(keep)
    way = choose_intake(
        beginning, intake, question=_QUESTION, ways=_INTAKES, vendor="Jira", alone="poll"
    )
    needed = {"--site": site, "--token (or ATLASSIAN_API_TOKEN)": token, "--projects": projects}
    require_flags(needed)
    asked = ask_site(
        GivenSite(site, email, service, token, projects),
        timeout_s=request_timeout,
        ca_file=beginning.settings.network.ca_file,
    )
    signing = secrets.token_urlsafe(32) if way != "poll" else ""
    draft = _draft(beginning, asked, way, signing, timeout_s=request_timeout)
    try_draft(beginning, draft)
    save(beginning, draft, keeping)
    if signing:
        echo_webhook(
            f"{beginning.public_url}/webhooks/jira/{beginning.name}",
            signing,
            asked.projects,
            on_data_center=asked.site.is_data_center,
        )
    echo_next(beginning)


def _draft(
    beginning: Beginning, asked: AskedSite, way: str, signing: str, *, timeout_s: int
) -> "Draft":
    # lazy: pydantic takes longer than `--help` may.
    from chargehand.bootstrap.drafting import Draft

    identity = asked.survey.identity
    values: dict[str, TOMLValue] = {}
    if asked.site.is_data_center:
        values["deployment"] = asked.site.found.deployment.value
    values["site"] = asked.site.address
    values |= {"email": asked.email} if asked.email else {}
    values |= {"cloud_id": asked.survey.cloud_id} if asked.survey.cloud_id else {}
    values |= {"user_name": identity.user_name} if identity.user_name else {}
    values |= {"account_id": identity.account_id, "projects": asked.projects, "intake": way}
    values |= timeout_value(timeout_s)
    tokens = {"api_token": asked.token}
    tokens |= {"webhook_secrets": signing} if signing else {}
    return Draft(beginning.name, "jira", values, tokens, {"account_id": identity.name})
