"""`connect confluence`: tries the sign-in, binds spaces, and writes the connection down."""

import asyncio
import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.asking import AnswerWrong, ask, is_terminal
from chargehand.cli.asking_jira import Email, ServiceAccount
from chargehand.cli.connecting import (
    DEFAULT_TIMEOUT_S,
    Beginning,
    Keep,
    Name,
    RequestTimeout,
    ask_until_it_works,
    begin,
    choose_intake,
    echo_next,
    read_channels,
    read_keeping,
    require_flags,
    save,
    timeout_value,
    try_draft,
)

if TYPE_CHECKING:
    # They take longer to load than `--help` may.
    from chargehand.bootstrap.confluence import WikiSurvey
    from chargehand.config.blocks import TOMLValue

_INTAKES = ("poll", "both", "webhook")
_QUESTION = (
    "How do comments reach us? poll needs no public address; Confluence's own webhooks hold no "
    "words, so both is for senders whose posts do"
)
_MOST_SPACES_SHOWN = 40
Site = Annotated[str | None, typer.Option(help="https://acme.atlassian.net")]
Token = Annotated[
    str | None,
    typer.Option(
        help="Its API token; better in the environment than here.",
        envvar="CONFLUENCE_API_TOKEN",
    ),
]
Spaces = Annotated[
    list[str] | None,
    typer.Option("--space", metavar="KEY=KEYS", help="A space and the projects it serves: ENG=PAY"),
]


def confluence(
    context: typer.Context,
    name: Name = None,
    *,
    site: Site = None,
    email: Email = None,
    service: ServiceAccount = False,
    token: Token = None,
    space: Spaces = None,
    intake: Annotated[
        str | None, typer.Option(help="How comments reach us: poll, both or webhook")
    ] = None,
    keep: Keep = "env",
    request_timeout: RequestTimeout = DEFAULT_TIMEOUT_S,
) -> None:
    """Connect the Confluence of an Atlassian site: says who the bot is there, tries it, writes it.

    Example: chargehand connect confluence --site https://acme.atlassian.net --space ENG=PAY
    """
    beginning = begin(context, name, "confluence")
    keeping = read_keeping(keep)
    if service and email is not None:
        raise AnswerWrong(what="--email", problem="is not for a service account, which has none")
    way = choose_intake(
        beginning, intake, question=_QUESTION, ways=_INTAKES, vendor="the sender", alone="poll"
    )
    needed = {"--site": site, "--token (or CONFLUENCE_API_TOKEN)": token}
    require_flags(needed if service else {**needed, "--email": email})
    address = ask("Site", site, _read_site, flag="--site")
    who = (
        None if service else ask("E-mail of the bot's account", email, _read_email, flag="--email")
    )
    token, survey = _sign_in(beginning, address, who, token, timeout_s=request_timeout)
    bound = _ask_spaces(space, survey, beginning.settings.served_projects)
    tokens = {"api_token": token}
    if way != "poll":
        tokens["webhook_secrets"] = secrets.token_urlsafe(32)
    values: dict[str, TOMLValue] = {"site": address, **({"email": who} if who else {})}
    values |= {"cloud_id": survey.cloud_id} if survey.cloud_id else {}
    values |= {"account_id": survey.identity.account_id, "intake": way}
    values |= {"spaces": bound} if bound else {}
    values |= timeout_value(request_timeout)
    # lazy: pydantic takes longer than `--help` may.
    from chargehand.bootstrap.drafting import Draft

    remarks = {"account_id": survey.identity.name}
    draft = Draft(beginning.name, "confluence", values, tokens, remarks)
    try_draft(beginning, draft)
    save(beginning, draft, keeping)
    echo_next(beginning, *_last_steps(beginning, way, bound, tokens.get("webhook_secrets", "")))


def _sign_in(
    beginning: Beginning, address: str, email: str | None, given: str | None, *, timeout_s: float
) -> tuple[str, "WikiSurvey"]:
    # lazy: the client takes longer to load than `--help` may.
    from chargehand.bootstrap.confluence import survey_wiki

    ca_file = beginning.settings.network.ca_file

    def look(token: str) -> "WikiSurvey":
        return asyncio.run(
            survey_wiki(address, email=email, api_token=token, timeout_s=timeout_s, ca_file=ca_file)
        )

    token, survey = ask_until_it_works("API token", given, look, flag="--token")
    typer.echo(f"The bot is {survey.identity.name} ({survey.identity.account_id}).")
    return token, survey


def _ask_spaces(
    given: list[str] | None, survey: "WikiSurvey", served: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    if given is None and is_terminal():
        for key, title in list(survey.spaces.items())[:_MOST_SPACES_SHOWN]:
            typer.echo(f"  {key:<12} {title}")

    def read(text: str) -> dict[str, tuple[str, ...]]:
        found = read_channels([] if text in ("", "none") else text.split(), served)
        unknown = [key for key in found if key not in survey.spaces]
        if unknown:
            message = f"{', '.join(unknown)} is not among the spaces the bot sees"
            raise ValueError(message)
        return found

    return ask(
        "Spaces and the projects each serves, such as ENG=PAY,OPS; or none",
        " ".join(given) if given is not None else None,
        read,
        flag="--space",
        default="none",
    )


def _last_steps(
    beginning: Beginning, way: str, bound: dict[str, tuple[str, ...]], secret: str
) -> list[str]:
    steps = []
    if way != "poll":
        url = f"{beginning.public_url}/webhooks/confluence/{beginning.name}"
        steps += [
            f"Let the sender post to  {url}",
            f"signed with the secret  {secret}  as X-Hub-Signature: sha256=<HMAC of the body>",
        ]
    if not bound:
        steps.append("No space serves a project yet: name them under spaces in chargehand.toml.")
    return steps


def _read_site(text: str) -> str:
    # lazy: as above.
    from chargehand.config.addresses import site_address

    return site_address(text if "://" in text else f"https://{text}")


def _read_email(text: str) -> str:
    name, at, host = text.partition("@")
    if not (name and at and host) or " " in text:
        message = f"{text!r} is not an e-mail address"
        raise ValueError(message)
    return text
