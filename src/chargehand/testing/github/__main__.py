"""`python -m chargehand.testing.github`: the fake GitHub as a process of its own."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from chargehand.testing.github.fake import FakeGitHub, seed_demo, serving
from chargehand.testing.github.sending import Target
from chargehand.testing.github.state import (
    APP_ID,
    BOT_LOGIN,
    BOT_TOKEN,
    INSTALLATION_ID,
    WEBHOOK_SECRET,
)
from chargehand.testing.jira.server import listen_for_stop

_ABOUT: Final = """\
A GitHub that exists only on this machine: REST API, signed webhooks, Apps and tokens, limits, and
failures on demand. It listens on 127.0.0.1 and prints one line of JSON when it is ready:

  {"ready": true, "url": "http://127.0.0.1:8091", "api_url": ..., "token": ..., "login": ..., ...}
"""
_EXAMPLES: Final = """\
try it (in another terminal; U is the url it printed, T the token):
  curl -H "Authorization: Bearer $T" $U/api/v3/repos/acme/payments/pulls/2
  curl $U/__fake__/comments -d '{"repository": "acme/payments", "number": 2,
    "author": "tom-berg", "body": "@chargehand-bot status PAY-7"}'
  curl $U/__fake__/webhooks                    who was told, with what answer
  curl $U/__fake__/requests?writes=1           every change that was asked for
  curl $U/__fake__/failures -d '{"method": "POST", "path": ".*/comments", "cut": "after"}'
  pydoc chargehand.testing.github              the whole control API
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until interrupted; 2 means the arguments or the state file could not be used."""
    options = _parser().parse_args(arguments)
    targets = [Target(url, options.webhook_secret) for url in options.webhook_url]
    try:
        fake = FakeGitHub(state_file=options.state)
        asyncio.run(_serve(fake, targets, options.port))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"The fake can not start: {error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m chargehand.testing.github",
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
        "--state",
        type=Path,
        metavar="FILE",
        help="keep everything in this file; one that exists already is continued",
    )
    parser.add_argument(
        "--webhook-url",
        action="append",
        default=[],
        metavar="URL",
        help="tell this address of what happens; may be given more than once",
    )
    parser.add_argument(
        "--webhook-secret",
        default=WEBHOOK_SECRET,
        metavar="S",
        help="sign with this secret (X-Hub-Signature-256)",
    )
    return parser


async def _serve(fake: FakeGitHub, targets: Sequence[Target], port: int) -> None:
    is_told_to_stop = listen_for_stop()
    async with serving(fake, port) as url:
        if not fake.is_continued:
            seed_demo(fake)
            fake.desk.save()
        # Nobody is told of what was there from the beginning.
        fake.sender.targets = tuple(targets)
        ready = {
            "ready": True,
            "url": url,
            "api_url": fake.url,
            "login": BOT_LOGIN,
            "token": BOT_TOKEN,
            "app_id": APP_ID,
            "installation_id": INSTALLATION_ID,
            "private_key": fake.private_key,
            "repositories": [one.full_name for one in fake.site.state.repositories.values()],
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        await is_told_to_stop.wait()


if __name__ == "__main__":
    sys.exit(main())
