"""What commands are run with, from the settings."""

from chargehand.bootstrap.configured import pipeline_rules, served_projects, working_hours
from chargehand.bootstrap.receiving import previewers
from chargehand.config.settings import Settings
from chargehand.pipeline.caller import CommandDeps
from chargehand.pipeline.member_desk import KeptMembers


def command_deps(settings: Settings) -> CommandDeps:
    """What every door runs commands with."""
    return CommandDeps(
        served=served_projects(settings),
        previewers=previewers(settings),
        rules=pipeline_rules(settings),
        hours=working_hours(settings),
        members=KeptMembers(),
    )
