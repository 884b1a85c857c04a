"""`connect`: one more site, workspace or server, tried for real before it is written down."""

import typer

from chargehand.cli.connect_discord import discord
from chargehand.cli.connect_jira import jira
from chargehand.cli.connect_slack import slack

connect = typer.Typer(
    name="connect",
    help="Connect a Slack workspace, a Discord server or a Jira site: says what to do there, tries "
    "the secrets by real calls, and saves nothing that does not work.\n\n"
    "Example: chargehand connect slack",
    no_args_is_help=True,
)
connect.command("slack")(slack)
connect.command("discord")(discord)
connect.command("jira")(jira)
