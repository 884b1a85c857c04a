"""`connect github`: tries the sign-in, writes the connection down, registers its webhooks."""

import asyncio
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.asking import AnswerWrong, choose
from chargehand.cli.connecting import (
    DEFAULT_TIMEOUT_S,
    Beginning,
    FlagsMissing,
    Keep,
    Name,
    NotAddressed,
    RequestTimeout,
    ask_until_it_works,
    begin,
    echo_next,
    read_api_url,
    read_keeping,
    save,
    timeout_value,
    try_draft,
)

if TYPE_CHECKING:
    # They take longer to load than `--help` may.
    from chargehand.bootstrap.drafting import Draft
    from chargehand.bootstrap.surveying_github import GitHubSignIn
    from chargehand.config.blocks import TOMLValue
    from chargehand.config.settings import Connection
    from chargehand.plugins.connector import BotIdentity

_API = "https://api.github.com"
_INTAKES = ("poll", "both", "webhook")
_VARIABLE = "CHARGEHAND_NEW_GITHUB_TOKEN"
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
Token = Annotated[
    str | None,
    typer.Option(
        help="Token of the bot's account; better in the environment than here.",
        envvar=_VARIABLE,
    ),
]

AppId = Annotated[
    str | None, typer.Option(metavar="ID", help="Id of a GitHub App, instead of a token.")
]
InstallationId = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Number of the App's installation.")
]
KeyFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="The App's private key, as GitHub made it.")
]
Repositories = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=KEYS",
        help="A repository and the projects it serves: acme/payments=PAY,OPS.",
    ),
]


def github(
    context: typer.Context,
    name: Name = None,
    *,
    token: Token = None,
    app_id: AppId = None,
    installation_id: InstallationId = None,
    private_key_file: KeyFile = None,
    repository: Repositories = None,
    intake: Annotated[
        str | None, typer.Option(help="How events reach us: poll, both or webhook")
    ] = None,
    keep: Keep = "env",
    api_url: Annotated[
        str, typer.Option(metavar="URL", help="GitHub's REST API, where it is another one.")
    ] = _API,
    request_timeout: RequestTimeout = DEFAULT_TIMEOUT_S,
) -> None:
    """Connect GitHub by an App or a token: tries it, writes the files, registers webhooks.

    Nothing is saved unless GitHub takes the sign-in and shows every repository. Webhooks are
    registered in each repository where the bot may do that; an App has one of its own, which its
    page on GitHub shows.

    Example: chargehand connect github --repository acme/payments=PAY --intake poll
    """
    beginning = begin(context, name, "github")
    keeping = read_keeping(keep)
    way = _choose_intake(beginning, intake)
    bound = _read_repositories(repository or (), beginning.settings.served_projects)
    address = read_api_url(api_url)
    key = _read_key(app_id, installation_id, private_key_file)
    ways = (token, app_id, installation_id, key)
    sign_in, bot = _sign_in(beginning, ways, api_url=address, timeout_s=request_timeout)
    typer.echo(f"The bot is {bot.name} ({bot.account_id}).")
    signing = "" if way == "poll" else secrets.token_urlsafe(32)
    draft = _draft(beginning, sign_in, bot, bound, way=way, signing=signing)
    values = {**draft.values, **({} if address == _API else {"api_url": address})}
    draft = _with(draft, {**values, **timeout_value(request_timeout)})
    waiting = tuple(f"webhook of {one}" for one in bound)
    connection = try_draft(beginning, draft, not_yet=waiting)
    save(beginning, draft, keeping)
    echo_next(beginning, *_last_steps(beginning, connection, signing, is_app=app_id is not None))


def _sign_in(
    beginning: Beginning,
    given: tuple[str | None, str | None, int | None, str],
    *,
    api_url: str,
    timeout_s: float,
) -> "tuple[GitHubSignIn, BotIdentity]":
    # lazy: the client takes longer to load than `--help` may.
    from chargehand.bootstrap.surveying_github import GitHubSignIn, survey_github

    token, app_id, installation_id, key = given
    ca_file = beginning.settings.network.ca_file

    def look(sign_in: "GitHubSignIn") -> "BotIdentity":
        return asyncio.run(
            survey_github(sign_in, api_url=api_url, timeout_s=timeout_s, ca_file=ca_file)
        )

    if app_id is not None and installation_id is not None:
        of_app = GitHubSignIn("", app_id, installation_id, key)
        return of_app, look(of_app)
    taken, bot = ask_until_it_works(
        "Token", token, lambda text: look(GitHubSignIn(text)), flag=f"--token (or {_VARIABLE})"
    )
    return GitHubSignIn(taken), bot


def _choose_intake(beginning: Beginning, given: str | None) -> str:
    has_address = bool(beginning.public_url)
    way = choose(
        "How do events reach us? poll needs no public address, both is webhooks with polling "
        "beside them",
        given,
        _INTAKES,
        flag="--intake",
        default="both" if has_address else "poll",
    )
    if way != "poll" and not has_address:
        raise NotAddressed(
            intake=way,
            vendor="GitHub",
            path=beginning.files.file,
            instead=", or take --intake poll",
        )
    return way


def _read_repositories(pairs: Sequence[str], served: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        repository, equals, text = (part.strip() for part in pair.partition("="))
        keys = tuple(dict.fromkeys(key.strip().upper() for key in text.split(",") if key.strip()))
        if not (_REPOSITORY.fullmatch(repository) and equals and keys):
            problem = f"{pair!r} is not like acme/payments=PAY,OPS: owner/name, =, and projects"
            raise AnswerWrong(what="--repository", problem=problem)
        unknown = [key for key in keys if key not in served]
        if unknown:
            allowed = ", ".join(served) or "none; connect a Jira first"
            problem = f"no tracker serves {', '.join(unknown)}; served: {allowed}"
            raise AnswerWrong(what="--repository", problem=problem)
        found[repository] = keys
    return found


def _read_key(app_id: str | None, installation_id: int | None, file: Path | None) -> str:
    given = {
        "--app-id": app_id,
        "--installation-id": installation_id,
        "--private-key-file": file,
    }
    missing = [flag for flag, value in given.items() if value is None]
    if len(missing) == len(given):
        return ""
    if missing or file is None:
        raise FlagsMissing(flags=", ".join(missing))
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeError) as error:
        problem = f"{file} can not be read: {getattr(error, 'strerror', None) or 'it is no PEM'}"
        raise AnswerWrong(what="--private-key-file", problem=problem) from error


def _draft(
    beginning: Beginning,
    sign_in: "GitHubSignIn",
    bot: "BotIdentity",
    bound: dict[str, tuple[str, ...]],
    *,
    way: str,
    signing: str,
) -> "Draft":
    # lazy: pydantic takes longer than `--help` may.
    from chargehand.bootstrap.drafting import Draft

    values: dict[str, TOMLValue] = {}
    kept = {"token": sign_in.token}
    if sign_in.app_id:
        values |= {"app_id": sign_in.app_id, "installation_id": str(sign_in.installation_id)}
        # A file of names holds one line for each.
        kept = {"private_key": sign_in.private_key.replace("\n", "\\n")}
    values |= {"login": str(bot.account_id), "repositories": bound, "intake": way}
    kept |= {"webhook_secrets": signing} if signing else {}
    return Draft(beginning.name, "github", values, kept, {"login": bot.name})


def _with(draft: "Draft", values: "dict[str, TOMLValue]") -> "Draft":
    # lazy: as above.
    from dataclasses import replace

    return replace(draft, values=values)


def _last_steps(
    beginning: Beginning, connection: "Connection", signing: str, *, is_app: bool
) -> list[str]:
    if not signing:
        return []
    # lazy: as above.
    from chargehand.bootstrap.github import webhook_url
    from chargehand.bootstrap.surveying_github import register_hooks
    from chargehand.config.github_settings import GitHubConnection

    url = webhook_url(beginning.public_url, beginning.name)
    by_hand = [
        f"  address: {url}",
        f"  content type: application/json, secret: {signing}",
    ]
    if is_app or not isinstance(connection, GitHubConnection):
        return ["Put this into the App's page on GitHub, under Webhook:", *by_hand]
    ca_file = beginning.settings.network.ca_file
    outcomes = asyncio.run(
        register_hooks(connection, beginning.public_url, secret=signing, ca_file=ca_file)
    )
    steps = [f"GitHub posts {one.repository} to {url}." for one in outcomes if not one.problem]
    failed = [one for one in outcomes if one.problem]
    steps += [
        f"No webhook could be registered in {one.repository}: {one.problem}" for one in failed
    ]
    if failed:
        steps += ["Have an administrator add it there, under Settings, Webhooks:", *by_hand]
    return steps
