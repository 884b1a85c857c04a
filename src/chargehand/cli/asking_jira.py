"""What `init` and `connect jira` ask about a site: where it is, who signs in, which projects."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.asking import AnswerWrong, ask

if TYPE_CHECKING:
    from chargehand.bootstrap.surveying import LocatedSite, SiteSurvey

_MOST_PROJECTS_SHOWN = 40
_TIMEOUT_S = 20.0
# Comments are asked in. What changes on a work item is told to subscribers, links it to code and
# pages, and is what `shadow` compares with; some releases of Data Center tell of a comment so.
_EVENTS = "Issue: created, updated; Comment: created, updated, deleted"
Site = Annotated[
    str | None, typer.Option(help="https://acme.atlassian.net, or your Jira Data Center")
]
Email = Annotated[
    str | None, typer.Option(help="E-mail of the account the bot is; none on Data Center.")
]
ServiceAccount = Annotated[
    bool, typer.Option("--service-account", help="The token is a service account's.")
]
Token = Annotated[
    str | None,
    typer.Option(
        help="Its API or personal access token; better in the environment than here.",
        envvar="ATLASSIAN_API_TOKEN",
    ),
]
Projects = Annotated[str | None, typer.Option(help="Project keys: PAY,OPS")]


@dataclass(frozen=True, slots=True)
class GivenSite:
    """What was handed in as flags; None has to be asked."""

    site: str | None
    email: str | None
    is_service_account: bool
    token: str | None
    projects: str | None


@dataclass(frozen=True, slots=True)
class AskedSite:
    """A site that takes the sign-in, and the projects of it that are served.

    Shape: `email` is None for a service account and on Data Center.
    """

    site: "LocatedSite"
    survey: "SiteSurvey"
    email: str | None
    token: str
    projects: tuple[str, ...]


def ask_site(
    given: GivenSite, *, timeout_s: float = _TIMEOUT_S, ca_file: Path | None = None
) -> AskedSite:
    """Ask for a site and a sign-in, call it for real, and let projects be chosen.

    Raises: AnswerMissing, AnswerWrong, JiraConfigWrong, and the errors of plugins/errors.py.
    """
    # lazy: the client takes longer to load than `--help` may.
    from chargehand.bootstrap.surveying import locate_site, survey_site

    address = ask("Jira site", given.site, _read_site, flag="--site")
    site = asyncio.run(locate_site(address, timeout_s=timeout_s, ca_file=ca_file))
    typer.echo(f"{site.address} is {site.found.title}.")
    email = _ask_email(given, site)
    kind = "Personal access token" if site.is_data_center else "API token"
    token = ask(f"{kind} (not shown)", given.token, _read_token, flag="--token", hidden=True)
    survey = asyncio.run(
        survey_site(site, email=email, api_token=token, timeout_s=timeout_s, ca_file=ca_file)
    )
    typer.echo(f"\nThe bot is {survey.identity.name} ({survey.identity.account_id}).")
    typer.echo("People reach it by mentioning that account in a comment.\n")
    return AskedSite(site, survey, email, token, _choose_projects(given.projects, survey))


def echo_webhook(url: str, secret: str, projects: tuple[str, ...], *, on_data_center: bool) -> None:
    """What to enter in Jira so that it posts to us."""
    typer.echo(
        "\nIn Jira, under System > Webhooks, make a webhook:\n"
        f"  URL     {url}\n"
        f"  Secret  {secret}\n"
        f"  Events  {_EVENTS}\n"
        f"  JQL     project in ({', '.join(projects)})"
    )
    if on_data_center:
        typer.echo("A release older than 10.0 has no secrets for webhooks; set intake to poll.")


def _ask_email(given: GivenSite, site: "LocatedSite") -> str | None:
    """The e-mail of a sign-in that has one; on Data Center the token says who the bot is."""
    if not site.is_data_center:
        if given.is_service_account:
            return None
        return ask("E-mail of the bot's account", given.email, _read_email, flag="--email")
    problem = "is for Jira Cloud; Data Center takes a personal access token alone"
    if given.is_service_account:
        raise AnswerWrong(what="--service-account", problem=problem)
    if given.email is not None:
        raise AnswerWrong(what="--email", problem=problem)
    return None


def _choose_projects(given: str | None, survey: "SiteSurvey") -> tuple[str, ...]:
    known = {str(project.key): project for project in survey.projects}
    if not known:
        raise AnswerWrong(
            what="Projects", problem="the bot's account sees none; give it access in Jira first"
        )
    if given is None:
        for key, project in list(known.items())[:_MOST_PROJECTS_SHOWN]:
            typer.echo(f"  {key:<10} {project.name} ({project.kind.replace('_', ' ')})")

    def read(text: str) -> tuple[str, ...]:
        keys = [key.strip().upper() for key in text.replace(",", " ").split()]
        unknown = [key for key in keys if key not in known]
        seen = ", ".join(known)
        if not keys:
            message = f"name at least one of those the bot sees: {seen}"
            raise ValueError(message)
        if unknown:
            message = f"{', '.join(unknown)} is not among those the bot sees: {seen}"
            raise ValueError(message)
        return tuple(dict.fromkeys(keys))

    only = next(iter(known)) if len(known) == 1 else None
    return ask("Projects to serve", given, read, flag="--projects", default=only)


def _read_site(text: str) -> str:
    # lazy: the client takes longer to load than `--help` may.
    from chargehand.bootstrap.surveying import clean_site

    return clean_site(text if "://" in text else f"https://{text}")


def _read_email(text: str) -> str:
    name, at, host = text.partition("@")
    if not (name and at and "." in host) or " " in text:
        message = f"{text!r} is not an e-mail address"
        raise ValueError(message)
    return text


def _read_token(text: str) -> str:
    if not text or any(character.isspace() for character in text):
        message = "an API token has no spaces and is not empty"
        raise ValueError(message)
    return text
