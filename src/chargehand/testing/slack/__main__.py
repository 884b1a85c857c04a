"""`python -m chargehand.testing.slack`: the fake Slack as a process of its own."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Final

from chargehand.testing.jira.server import listen_for_stop
from chargehand.testing.slack.fake import FakeSlack, seed_demo, serving
from chargehand.testing.slack.sending import Target
from chargehand.testing.slack.workspace_ids import (
    APP_TOKEN,
    BOT,
    BOT_TOKEN,
    SIGNING_SECRET,
    TEAM,
)

_ABOUT: Final = """\
A Slack workspace that exists only on this machine: Web API, signed events, commands and
interactions, Socket Mode, and failures on demand. It keeps everything in memory, listens on
127.0.0.1 and prints one line of JSON when it is ready:

  {"ready": true, "url": "http://127.0.0.1:8090", "api_url": ..., "bot_token": ..., ...}
"""
_EXAMPLES: Final = """\
try it (in another terminal; U is the url it printed):
  curl -H 'Authorization: Bearer xoxb-fake-bot-token-of-chargehand' $U/api/auth.test
  curl $U/__fake__/messages -d '{"channel": "pay", "user": "Mei Tanaka",
    "text": "<@U0CHARGEHAND> status PAY-7"}'
  curl $U/__fake__/commands -d '{"channel": "pay", "user": "Mei Tanaka", "text": "help"}'
  curl $U/__fake__/webhooks                    who was told, how often, with what answer
  curl $U/__fake__/requests?writes=1           every change that was asked for
  curl $U/__fake__/failures -d '{"path": "/api/chat.postMessage", "cut": "after"}'
  pydoc chargehand.testing.slack               the whole control API
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until interrupted; 2 means the arguments could not be used."""
    options = _parser().parse_args(arguments)
    targets = [Target(url, options.signing_secret) for url in options.webhook_url]
    fake = FakeSlack(targets=targets)
    fake.sender.is_socket_mode = options.socket_mode
    seed_demo(fake)
    try:
        asyncio.run(_serve(fake, options.port))
    except OSError as error:
        sys.stderr.write(f"The fake can not start: {error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m chargehand.testing.slack",
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--port",
        type=int,
        default=0,
        metavar="P",
        help="port on 127.0.0.1; 0, the default, takes a free one (the ready line tells which)",
    )
    parser.add_argument(
        "--webhook-url",
        action="append",
        default=[],
        metavar="URL",
        help="tell this address of what happens; may be given more than once",
    )
    parser.add_argument(
        "--signing-secret",
        default=SIGNING_SECRET,
        metavar="S",
        help="sign with this secret (X-Slack-Signature: v0=...)",
    )
    parser.add_argument(
        "--socket-mode", action="store_true", help="speak on sockets instead of posting"
    )
    return parser


async def _serve(fake: FakeSlack, port: int) -> None:
    is_told_to_stop = listen_for_stop()
    async with serving(fake, port) as url:
        ready = {
            "ready": True,
            "url": url,
            "api_url": fake.url,
            "bot_token": BOT_TOKEN,
            "app_token": APP_TOKEN,
            "signing_secret": SIGNING_SECRET,
            "team_id": TEAM,
            "bot_user_id": BOT,
            "channels": {one.name: one.id for one in fake.workspace.channels.values()},
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        await is_told_to_stop.wait()


if __name__ == "__main__":
    sys.exit(main())
