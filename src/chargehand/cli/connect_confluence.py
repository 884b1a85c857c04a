"""`connect confluence`: tries the sign-in, binds spaces, and writes the connection down."""

import asyncio
import secrets
from dataclasses import dataclass
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
Site = Annotated[
    str | None, typer.Option(help="https://acme.atlassian.net, or your Data Center with its path")
]
Token = Annotated[
    str | None,
    typer.Option(
        help="Its API or personal access token; better in the environment than here.",
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
    data_center: Annotated[
        bool, typer.Option("--data-center", help="It is a Data Center of your own.")
    ] = False,
    token: Token = None,
    space: Spaces = None,
    intake: Annotated[
        str | None, typer.Option(help="How comments reach us: poll, both or webhook")
    ] = None,
    keep: Keep = "env",
    request_timeout: RequestTimeout = DEFAULT_TIMEOUT_S,
) -> None:
    """Connect a Confluence of Cloud or Data Center: says who the bot is there, tries and writes it.

    Example: chargehand connect confluence --site https://acme.atlassian.net --space ENG=PAY
    """
    beginning = begin(context, name, "confluence")
    keeping = read_keeping(keep)
    if service and email is not None:
        raise AnswerWrong(what="--email", problem="is not for a service account, which has none")
    _refuse_on_data_center(email, is_service=service, is_data_center=data_center)
    way = choose_intake(
        beginning, intake, question=_QUESTION, ways=_INTAKES, vendor="the sender", alone="poll"
    )
    needed = {"--site": site, "--token (or CONFLUENCE_API_TOKEN)": token}
    has_email = not service and not data_center
    require_flags({**needed, "--email": email} if has_email else needed)
    sign_in = _ask_sign_in(site, email, has_email=has_email, is_data_center=data_center)
    token, survey = _sign_in(beginning, sign_in, token, timeout_s=request_timeout)
    bound = _ask_spaces(space, survey, beginning.settings.served_projects)
    tokens = {"api_token": token}
    if way != "poll":
        tokens["webhook_secrets"] = secrets.token_urlsafe(32)
    values: dict[str, TOMLValue] = {"deployment": "data_center"} if data_center else {}
    values |= {"site": sign_in.address, **({"email": sign_in.email} if sign_in.email else {})}
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
    secret = tokens.get("webhook_secrets", "")
    steps = [] if way == "poll" else _webhook_steps(beginning, secret, is_data_center=data_center)
    if not bound:
        steps.append("No space serves a project yet: name them under spaces in chargehand.toml.")
    echo_next(beginning, *steps)


@dataclass(frozen=True, slots=True)
class _SignIn:
    """Where and as whom to sign in; there is no e-mail for a service account and a Data Center."""

    address: str
    email: str | None
    is_data_center: bool


def _ask_sign_in(
    site: str | None, email: str | None, *, has_email: bool, is_data_center: bool
) -> _SignIn:
    address = ask("Site", site, _read_address if is_data_center else _read_site, flag="--site")
    if not has_email:
        return _SignIn(address, None, is_data_center=is_data_center)
    who = ask("E-mail of the bot's account", email, _read_email, flag="--email")
    return _SignIn(address, who, is_data_center=is_data_center)


def _refuse_on_data_center(email: str | None, *, is_service: bool, is_data_center: bool) -> None:
    problem = "is for Cloud; Data Center takes a personal access token alone"
    if is_data_center and is_service:
        raise AnswerWrong(what="--service-account", problem=problem)
    if is_data_center and email is not None:
        raise AnswerWrong(what="--email", problem=problem)


def _sign_in(
    beginning: Beginning, to: _SignIn, given: str | None, *, timeout_s: float
) -> tuple[str, "WikiSurvey"]:
    # lazy: the client takes longer to load than `--help` may.
    from chargehand.bootstrap.confluence import survey_wiki

    ca_file = beginning.settings.network.ca_file

    def look(token: str) -> "WikiSurvey":
        return asyncio.run(
            survey_wiki(
                to.address,
                email=to.email,
                api_token=token,
                timeout_s=timeout_s,
                is_data_center=to.is_data_center,
                ca_file=ca_file,
            )
        )

    kind = "Personal access token" if to.is_data_center else "API token"
    token, survey = ask_until_it_works(kind, given, look, flag="--token")
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


def _webhook_steps(beginning: Beginning, secret: str, *, is_data_center: bool) -> list[str]:
    url = f"{beginning.public_url}/webhooks/confluence/{beginning.name}"
    if is_data_center:
        return [
            "In Confluence, under General configuration > Webhooks, make a webhook:",
            f"  URL     {url}",
            f"  Secret  {secret}",
            "  Events  Comment: created, updated, removed; Page: created, updated",
            "It holds no words: each has chargehand poll at once.",
        ]
    return [
        f"Let the sender post to  {url}",
        f"signed with the secret  {secret}  as X-Hub-Signature: sha256=<HMAC of the body>",
        "Confluence Cloud lets apps alone register webhooks.",
        "For a rule of its automation, which can not sign, set path_token and see the guide.",
    ]


def _read_site(text: str) -> str:
    # lazy: as above.
    from chargehand.config.addresses import site_address

    return site_address(text if "://" in text else f"https://{text}")


def _read_address(text: str) -> str:
    # lazy: as above.
    from chargehand.config.addresses import address_with_path

    return address_with_path(text if "://" in text else f"https://{text}")


def _read_email(text: str) -> str:
    name, at, host = text.partition("@")
    if not (name and at and host) or " " in text:
        message = f"{text!r} is not an e-mail address"
        raise ValueError(message)
    return text
