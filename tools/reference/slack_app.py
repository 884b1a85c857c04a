"""The Slack app: its manifest for both ways to listen, and what each scope is for."""

import json
from typing import Final

from chargehand.connectors.slack.app_manifest import (
    APP_SCOPE,
    EVENTS,
    SCOPES,
    AppPlan,
    app_manifest,
)
from tools.reference.markdown import page, table

_INTRO: Final = """\
What Slack is told when the app is made, and why; [connect Slack](../howto/connect-slack.md) says \
where it goes.
The address is an example: put your own in its place."""
_ADDRESS: Final = "https://chargehand.example.com/webhooks/slack/slack"


def slack_app_page() -> str:
    """Scopes with their reasons, events, and the two manifests."""
    scopes = [[f"`{scope}`", f"to {reason}"] for scope, reason in SCOPES.items()]
    sections = [
        "## Scopes of the bot\n\nNo others are asked for.\n\n"
        + table(["scope", "what for"], scopes),
        "## Events\n\n" + ", ".join(f"`{event}`" for event in EVENTS) + ".\n",
        "## Manifest for webhooks\n\n" + _manifest(AppPlan(webhook_url=_ADDRESS)),
        "## Manifest for Socket Mode\n\n"
        f"The app also needs an app token with the scope `{APP_SCOPE}`.\n\n" + _manifest(AppPlan()),
    ]
    return page("The Slack app", _INTRO, "\n".join(sections))


def _manifest(plan: AppPlan) -> str:
    return f"```json\n{json.dumps(app_manifest(plan), indent=2)}\n```\n"
