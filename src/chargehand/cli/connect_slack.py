"""`connect slack`: makes the app, tries its tokens, and writes the connection down."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.asking import ask
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
    read_secret,
    read_signing_secret,
    require_flags,
    save,
    try_draft,
)

if TYPE_CHECKING:
    # It takes longer to load than `--help` may.
    from chargehand.bootstrap.surveying_slack import WorkspaceSurvey
    from chargehand.config.blocks import TOMLValue

_API = "https://slack.com/api"
_INTAKES = ("webhook", "both", "socket", "poll")
_QUESTION = (
    "How do messages reach us? socket and poll need no public address, both is webhooks with "
    "polling beside them"
)
BotToken = Annotated[
    str | None,
    typer.Option(
        help="Bot token, xoxb-...; better in the environment than here.", envvar="SLACK_BOT_TOKEN"
    ),
]
SigningSecret = Annotated[
    str | None,
    typer.Option(help="The app's signing secret, for webhooks.", envvar="SLACK_SIGNING_SECRET"),
]
AppToken = Annotated[
    str | None,
    typer.Option(help="App token, xapp-..., for Socket Mode.", envvar="SLACK_APP_TOKEN"),
]


def slack(
    context: typer.Context,
    name: Name = None,
    *,
    intake: Annotated[
        str | None, typer.Option(help="How messages reach us: webhook, both, socket or poll")
    ] = None,
    bot_token: BotToken = None,
    signing_secret: SigningSecret = None,
    app_token: AppToken = None,
    channel: Channels = None,
    approvals_channel: ApprovalsChannel = None,
    keep: Keep = "env",
    manifest: Annotated[
        bool, typer.Option("--manifest", help="Print the app's manifest alone, and end.")
    ] = False,
    api_url: Annotated[
        str, typer.Option(metavar="URL", help="Slack's Web API, where it is another one.")
    ] = _API,
    request_timeout: RequestTimeout = DEFAULT_TIMEOUT_S,
) -> None:
    """Connect a Slack workspace: prints the app's manifest, tries the tokens, writes the files.

    Nothing is saved unless Slack takes the tokens and every scope is there. A value that is given
    as a flag, or in the environment, is not asked for.

    Example: chargehand connect slack --intake socket --channel C0123ABCD=PAY
    """
    beginning = begin(context, name, "slack")
    keeping = read_keeping(keep)
    way = choose_intake(
        beginning, intake, question=_QUESTION, ways=_INTAKES, vendor="Slack", alone="socket"
    )
    _echo_manifest(beginning, way, is_alone=manifest)
    if manifest:
        return
    _require_flags(way, bot_token, signing_secret, app_token)
    survey, secrets = _ask_secrets(
        beginning,
        way,
        (bot_token, signing_secret, app_token),
        api_url=api_url,
        timeout_s=request_timeout,
    )
    served = beginning.settings.served_projects
    channels = ask_channels(channel, survey.channels, served)
    values: dict[str, TOMLValue] = {"team_id": survey.team_id, "intake": way}
    values |= chat_values(
        channels,
        approvals_channel,
        api_url=api_url if api_url != _API else None,
        timeout_s=request_timeout,
    )
    # lazy: pydantic takes longer than `--help` may.
    from chargehand.bootstrap.drafting import Draft

    draft = Draft(beginning.name, "slack", values, secrets, {"team_id": survey.team})
    try_draft(beginning, draft)
    save(beginning, draft, keeping)
    echo_next(beginning, *_last_steps(way, channels, survey))


def _echo_manifest(beginning: Beginning, way: str, *, is_alone: bool) -> None:
    # lazy: the connector takes longer to load than `--help` may.
    from chargehand.connectors.slack.app_manifest import APP_SCOPE, AppPlan, app_manifest

    is_posted_to = way in ("webhook", "both")
    url = f"{beginning.public_url}/webhooks/slack/{beginning.name}" if is_posted_to else None
    text = json.dumps(app_manifest(AppPlan(webhook_url=url)), indent=2)
    if is_alone:
        typer.echo(text)
        return
    typer.echo("1. At https://api.slack.com/apps, choose Create New App, From a manifest,")
    typer.echo("   your workspace, and paste this:\n")
    typer.echo(text)
    typer.echo("\n2. Choose Install to Workspace.")
    typer.echo("   The bot token is then under OAuth & Permissions.")
    if is_posted_to:
        typer.echo("   The signing secret is under Basic Information.")
    if way == "socket":
        typer.echo(
            f"   Under Basic Information, make an app-level token with the scope {APP_SCOPE}."
        )
    typer.echo("")


def _require_flags(
    way: str, bot_token: str | None, signing_secret: str | None, app_token: str | None
) -> None:
    needed = {"--bot-token (or SLACK_BOT_TOKEN)": bot_token}
    if way in ("webhook", "both"):
        needed["--signing-secret (or SLACK_SIGNING_SECRET)"] = signing_secret
    if way == "socket":
        needed["--app-token (or SLACK_APP_TOKEN)"] = app_token
    require_flags(needed)


def _ask_secrets(
    beginning: Beginning,
    way: str,
    given: tuple[str | None, str | None, str | None],
    *,
    api_url: str,
    timeout_s: float,
) -> tuple["WorkspaceSurvey", dict[str, str]]:
    # lazy: the client takes longer to load than `--help` may.
    from chargehand.bootstrap.surveying_slack import survey_workspace

    address = read_api_url(api_url)
    bot_token, signing_secret, app_token = given
    ca_file = beginning.settings.network.ca_file

    def look(token: str) -> "WorkspaceSurvey":
        return asyncio.run(
            survey_workspace(bot_token=token, api_url=address, timeout_s=timeout_s, ca_file=ca_file)
        )

    token, survey = ask_until_it_works("Bot token", bot_token, look, flag="--bot-token")
    typer.echo(f"The bot is {survey.bot} in {survey.team} ({survey.team_id}).")
    secrets = {"bot_token": token}
    if way in ("webhook", "both"):
        secrets["webhook_secrets"] = ask(
            "Signing secret (not shown)",
            signing_secret,
            read_signing_secret,
            flag="--signing-secret",
            hidden=True,
        )
    if way == "socket":
        secrets["app_token"] = ask(
            "App token (not shown)", app_token, read_secret, flag="--app-token", hidden=True
        )
    return survey, secrets


def _last_steps(
    way: str, channels: dict[str, tuple[str, ...]], survey: "WorkspaceSurvey"
) -> list[str]:
    steps = []
    if way in ("webhook", "both"):
        steps.append(
            "After the reload, let Slack verify the address under Event Subscriptions in the app."
        )
        steps.append(
            "No call can try a signing secret: write to the bot once the service runs, and see "
            "`chargehand connections list`."
        )
    if not channels:
        steps.append(
            "No channel serves a project yet: name them under channels in chargehand.toml."
        )
    steps.append(f"Write /invite @{survey.bot} in each channel it shall hear.")
    return steps
