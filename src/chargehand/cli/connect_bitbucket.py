"""`connect bitbucket`: tries the token, writes the connection down, and makes the webhooks."""

import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.asking import ask, is_terminal
from chargehand.cli.bitbucket_hooks import hook_address, put_hooks
from chargehand.cli.connecting import (
    DEFAULT_TIMEOUT_S,
    Beginning,
    Keep,
    Name,
    RequestTimeout,
    begin,
    choose_intake,
    echo_next,
    read_api_url,
    read_channels,
    read_keeping,
    read_secret,
    require_flags,
    save,
    timeout_value,
    try_draft,
)

if TYPE_CHECKING:
    # They take longer to load than `--help` may.
    from chargehand.bootstrap.drafting import Keeping
    from chargehand.config.blocks import TOMLValue

_CLOUD = "https://api.bitbucket.org/2.0"
_INTAKES = ("both", "webhook", "poll")
_QUESTION = (
    "How do changes reach us? poll needs no public address, both is webhooks with polling beside "
    "them"
)
_FORM = "acme/payments=PAY,OPS"


DataCenter = Annotated[bool, typer.Option("--data-center", help="It is a Data Center of your own.")]
APIAddress = Annotated[
    str, typer.Option(metavar="URL", help="Cloud's API; of Data Center the address you open.")
]
Email = Annotated[
    str | None,
    typer.Option(help="E-mail of the account an API token belongs to; none for others."),
]
Token = Annotated[
    str | None,
    typer.Option(
        help="API token or access token; better in the environment than here.",
        envvar="BITBUCKET_API_TOKEN",
    ),
]
BotAccount = Annotated[
    str | None, typer.Option(metavar="ID", help="The bot's account, of an access token.")
]
BotName = Annotated[
    str | None, typer.Option(metavar="NAME", help="A name people address the bot by with @.")
]
Repositories = Annotated[
    list[str] | None,
    typer.Option(
        "--repository",
        metavar="NAME=KEYS",
        help=f"A repository and the projects it serves: {_FORM}.",
    ),
]


def bitbucket(
    context: typer.Context,
    name: Name = None,
    *,
    data_center: DataCenter = False,
    api_url: APIAddress = _CLOUD,
    email: Email = None,
    token: Token = None,
    account_id: BotAccount = None,
    user_name: BotName = None,
    repository: Repositories = None,
    intake: Annotated[
        str | None, typer.Option(help="How changes reach us: both, webhook or poll")
    ] = None,
    keep: Keep = "env",
    request_timeout: RequestTimeout = DEFAULT_TIMEOUT_S,
) -> None:
    """Connect repositories of Bitbucket: tries the token, writes the files, makes the webhooks.

    Nothing is saved unless every repository can be read. Where the token may not make webhooks,
    what to enter there is printed instead.

    Example: chargehand connect bitbucket --repository acme/payments=PAY
    """
    beginning = begin(context, name, "bitbucket")
    keeping = read_keeping(keep)
    way = choose_intake(
        beginning, intake, question=_QUESTION, ways=_INTAKES, vendor="Bitbucket", alone="poll"
    )
    needed = {"--token (or BITBUCKET_API_TOKEN)": token, "--repository": _joined(repository)}
    require_flags(needed)
    values = _values(data_center=data_center, api_url=api_url, email=email)
    values |= {"account_id": account_id} if account_id is not None else {}
    values |= {"user_name": user_name} if user_name is not None else {}
    values |= {"repositories": _ask_repositories(beginning, repository), "intake": way}
    values |= timeout_value(request_timeout)
    text = ask("Token (not shown)", token, read_secret, flag="--token", hidden=True)
    signing = secrets.token_urlsafe(32) if way != "poll" else ""
    _connect(beginning, values, text, signing, keeping)


def _connect(
    beginning: Beginning,
    values: "dict[str, TOMLValue]",
    token: str,
    signing: str,
    keeping: "Keeping",
) -> None:
    # lazy: pydantic takes longer than `--help` may.
    from chargehand.bootstrap.drafting import Draft
    from chargehand.config.bitbucket_settings import BitbucketConnection

    tokens = {"api_token": token, **({"webhook_secrets": signing} if signing else {})}
    draft = Draft(beginning.name, "bitbucket", values, tokens)
    connection = try_draft(beginning, draft)
    save(beginning, draft, keeping)
    if signing and isinstance(connection, BitbucketConnection):
        url = hook_address(beginning.public_url, beginning.name)
        put_hooks(beginning.invocation, connection, url=url, secret=signing)
    echo_next(beginning)


def _values(*, data_center: bool, api_url: str, email: str | None) -> "dict[str, TOMLValue]":
    values: dict[str, TOMLValue] = {}
    if data_center:
        values["deployment"] = "data_center"
    if api_url != _CLOUD:
        values["api_url"] = read_api_url(api_url)
    if email is not None:
        values["email"] = email
    return values


def _ask_repositories(beginning: Beginning, given: list[str] | None) -> dict[str, tuple[str, ...]]:
    served = beginning.settings.served_projects
    if given is None and is_terminal():
        typer.echo(f"Projects: {', '.join(served) or 'none is served by a tracker yet'}")
    return ask(
        f"Repositories and the projects each serves, such as {_FORM}",
        _joined(given),
        lambda text: read_channels(text.split(), served, what="a repository's name", like=_FORM),
        flag="--repository",
    )


def _joined(given: list[str] | None) -> str | None:
    return " ".join(given) if given is not None else None
