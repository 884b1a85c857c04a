"""`connect discord`: reads the application by its token, writes it down, registers the commands."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.asking import AnswerWrong, ask
from chargehand.cli.connecting import (
    DEFAULT_TIMEOUT_S,
    ApprovalsChannel,
    Beginning,
    Channels,
    Keep,
    Name,
    RequestTimeout,
    ask_channels,
    ask_until_it_works,
    begin,
    chat_values,
    choose_intake,
    echo_next,
    read_api_url,
    read_keeping,
    require_flags,
    save,
    try_draft,
)
from chargehand.cli.discord import register_commands
from chargehand.domain.errors import ChargehandError

if TYPE_CHECKING:
    # They take longer to load than `--help` may.
    from chargehand.bootstrap.drafting import Draft
    from chargehand.bootstrap.surveying_discord import ApplicationSurvey
    from chargehand.config.blocks import TOMLValue

_API = "https://discord.com/api/v10"
# Discord tries the address when it is saved there, so the service has to run first.
_NOT_YET = ("interactions endpoint",)
_PERMISSIONS = 274877975616
_INTAKES = ("webhook", "gateway")
_QUESTION = "How do commands and buttons reach us? gateway needs no public address"
BotToken = Annotated[
    str | None,
    typer.Option(
        help="Token of the app's bot; better in the environment than here.",
        envvar="DISCORD_BOT_TOKEN",
    ),
]


def discord(
    context: typer.Context,
    name: Name = None,
    *,
    intake: Annotated[
        str | None, typer.Option(help="How interactions reach us: webhook or gateway")
    ] = None,
    mentions: Annotated[
        bool, typer.Option("--mentions", help="By the gateway: answer mentions in messages too.")
    ] = False,
    bot_token: BotToken = None,
    server: Annotated[
        str | None, typer.Option(metavar="ID", help="The server; not needed if the bot is on one.")
    ] = None,
    channel: Channels = None,
    approvals_channel: ApprovalsChannel = None,
    keep: Keep = "env",
    register: Annotated[
        bool, typer.Option("--register/--no-register", help="Register the slash commands.")
    ] = True,
    api_url: Annotated[
        str, typer.Option(metavar="URL", help="Discord's API, where it is another one.")
    ] = _API,
    request_timeout: RequestTimeout = DEFAULT_TIMEOUT_S,
) -> None:
    """Connect a Discord server: tries the bot's token, writes the files, registers the commands.

    The application's id and public key are read from Discord, so the token is all it asks for.

    Example: chargehand connect discord --intake gateway --channel 1100000000000000003=PAY
    """
    beginning = begin(context, name, "discord")
    keeping = read_keeping(keep)
    way = _choose_way(beginning, intake, hears_messages=mentions)
    _echo_steps()
    require_flags({"--bot-token (or DISCORD_BOT_TOKEN)": bot_token})
    token, survey = _survey(beginning, bot_token, api_url=api_url, timeout_s=request_timeout)
    guild_id = _choose_server(survey, server)
    typer.echo("\nA right click on a channel copies its id, once Developer Mode is on.")
    channels = ask_channels(channel, {}, beginning.settings.served_projects)
    values: dict[str, TOMLValue] = {
        **({"intake": way, "mentions": mentions} if way == "gateway" else {}),
        "application_id": survey.application_id,
        "public_key": survey.public_key,
        "guild_id": guild_id,
    }
    values |= chat_values(
        channels,
        approvals_channel,
        api_url=api_url if api_url != _API else None,
        timeout_s=request_timeout,
    )
    draft = _draft(beginning, values, token, survey, guild_id)
    try_draft(beginning, draft, not_yet=_NOT_YET)
    save(beginning, draft, keeping)
    if register:
        _register(context, beginning)
    _echo_endpoint(beginning, way)
    echo_next(beginning)


def _choose_way(beginning: Beginning, given: str | None, *, hears_messages: bool) -> str:
    way = choose_intake(
        beginning, given, question=_QUESTION, ways=_INTAKES, vendor="Discord", alone="gateway"
    )
    if hears_messages and way != "gateway":
        problem = f"only the gateway hears messages, and --intake is {way}"
        raise AnswerWrong(what="--mentions", problem=problem)
    return way


def _echo_steps() -> None:
    typer.echo("1. At https://discord.com/developers/applications, make a new application.")
    typer.echo("2. Under Bot, choose Reset Token; the token is shown once. No intent is needed.\n")


def _survey(
    beginning: Beginning, given: str | None, *, api_url: str, timeout_s: float
) -> tuple[str, "ApplicationSurvey"]:
    # lazy: the client takes longer to load than `--help` may.
    from chargehand.bootstrap.surveying_discord import survey_application

    address = read_api_url(api_url)
    ca_file = beginning.settings.network.ca_file

    def look(token: str) -> "ApplicationSurvey":
        return asyncio.run(
            survey_application(
                bot_token=token, api_url=address, timeout_s=timeout_s, ca_file=ca_file
            )
        )

    token, survey = ask_until_it_works("Bot token", given, look, flag="--bot-token")
    typer.echo(f"The application is {survey.name} ({survey.application_id}).")
    return token, survey


def _choose_server(survey: "ApplicationSurvey", given: str | None) -> str:
    if not survey.servers:
        invite = (
            "https://discord.com/oauth2/authorize"
            f"?client_id={survey.application_id}&scope=bot+applications.commands"
            f"&permissions={_PERMISSIONS}"
        )
        problem = f"the bot is on none; invite it first, as somebody who may manage one: {invite}"
        raise AnswerWrong(what="Server", problem=problem)
    for server_id, name in survey.servers.items():
        typer.echo(f"  {server_id}  {name}")

    def read(text: str) -> str:
        if text not in survey.servers:
            message = f"the bot is not on {text!r}; it is on {', '.join(survey.servers)}"
            raise ValueError(message)
        return text

    only = next(iter(survey.servers)) if len(survey.servers) == 1 else None
    return ask("Server", given, read, flag="--server", default=only)


def _draft(
    beginning: Beginning,
    values: "dict[str, TOMLValue]",
    token: str,
    survey: "ApplicationSurvey",
    guild_id: str,
) -> "Draft":
    # lazy: pydantic takes longer than `--help` may.
    from chargehand.bootstrap.drafting import Draft

    remarks = {"application_id": survey.name, "guild_id": survey.servers[guild_id]}
    return Draft(beginning.name, "discord", values, {"bot_token": token}, remarks)


def _register(context: typer.Context, beginning: Beginning) -> None:
    """The connection is saved by now: what fails here can be done again."""
    try:
        register_commands(context.obj, beginning.name)
    except ChargehandError as error:
        typer.echo(f"The commands are not registered: {error}")
        typer.echo("Run `chargehand discord register` once that is mended.")


def _echo_endpoint(beginning: Beginning, way: str) -> None:
    if way == "gateway":
        typer.echo("\nLeave the Interactions Endpoint URL empty: the service connects itself.")
        return
    url = f"{beginning.public_url}/webhooks/discord/{beginning.name}"
    typer.echo("\nOnce the service runs, enter this in Discord under General Information,")
    typer.echo(f"Interactions Endpoint URL:\n  {url}\n")
