"""`connect`: one more site, workspace or server, tried for real before it is written down."""

import typer

from chargehand.cli.connect_bitbucket import bitbucket
from chargehand.cli.connect_confluence import confluence
from chargehand.cli.connect_discord import discord
from chargehand.cli.connect_github import github
from chargehand.cli.connect_jira import jira
from chargehand.cli.connect_slack import slack
from chargehand.cli.connect_webhook import webhook

connect = typer.Typer(
    name="connect",
    help="Connect Slack, Discord, Jira, Confluence, GitHub, Bitbucket or any sender of webhooks: "
    "says what to do there, tries the secrets by real calls, and saves nothing that does not "
    "work.\n\n"
    "Example: chargehand connect slack",
    no_args_is_help=True,
)
connect.command("slack")(slack)
connect.command("discord")(discord)
connect.command("github")(github)
connect.command("jira")(jira)
connect.command("bitbucket")(bitbucket)
connect.command("webhook")(webhook)
connect.command("confluence")(confluence)
