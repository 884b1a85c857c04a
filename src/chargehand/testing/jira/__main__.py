"""`python -m chargehand.testing.jira`: the fake Jira as a process of its own."""

import argparse
import asyncio
import contextlib
import json
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Final

from chargehand.domain.errors import ChargehandError
from chargehand.testing.jira.fake import FakeJira
from chargehand.testing.jira.seeds import seed_demo, seed_empty
from chargehand.testing.jira.server import HOST, build_server, listen, wait_until_started
from chargehand.testing.jira.webhooks import ALL_EVENTS, DEFAULT_EVENTS, WebhookTarget

_SEEDS: Final = {"demo": seed_demo, "empty": seed_empty}
_ABOUT: Final = """\
A Jira Cloud site that exists only on this machine: REST API v3, state in a file, signed webhooks,
and failures on demand. It listens on 127.0.0.1 and prints one line of JSON when it is ready:

  {"ready": true, "url": "http://127.0.0.1:8089", "port": 8089, "email": ..., "token": ..., ...}
"""
_EXAMPLES: Final = """\
try it (in another terminal; U is the url it printed):
  curl -u chargehand@example.com:fake-api-token-of-chargehand $U/rest/api/3/issue/PAY-7
  curl $U/__fake__/issues/PAY-7/comments -d '{"author": "Mei Tanaka", "body":
    "[~accountid:712020:c4a26e4a-0000-4000-8000-000000000001] what is blocking this?"}'
  curl $U/__fake__/webhooks                    who was told, how often, with what answer
  curl $U/__fake__/requests?writes=1           every change that was asked for
  curl $U/__fake__/failures -d '{"method": "POST", "path": ".*/comment", "cut": "after"}'
  curl $U/__fake__/clock -d '{"advance_s": 7200}'
  pydoc chargehand.testing.jira                the whole control API

projects and people of the demo: PAY (PAY-7 waits for PAY-12) and the service project HELP;
Ana Ruiz, Tom Berg, Mei Tanaka, Lena Novak, Sam Okoro (may not change issues), and the portal
customer Priya Shah. A state file that exists already is continued, and the seed is left out.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until interrupted; 2 means the arguments or the state file could not be used."""
    parser = _parser()
    options = parser.parse_args(arguments)
    events = frozenset(options.webhook_event) if options.webhook_event else DEFAULT_EVENTS
    targets = [WebhookTarget(url, options.webhook_secret, events) for url in options.webhook_url]
    if options.webhook_secret and not targets:
        parser.error("--webhook-secret needs a --webhook-url.")
    try:
        wire = listen(options.port)
        port = wire.getsockname()[1]
        url = f"http://{HOST}:{port}"
        fake = FakeJira(site_url=url, state_path=options.state, webhooks=targets)
        if fake.is_new:
            _SEEDS[options.seed](fake)
        fake.saver.save_now()
    except (ChargehandError, OSError) as error:
        sys.stderr.write(f"The fake can not start: {error}\n")
        return 2
    signal.signal(signal.SIGTERM, _leave)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(fake, wire))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m chargehand.testing.jira",
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
        help="keep the site in this JSON file, and the requests received in FILE.requests.jsonl; "
        "without it everything is forgotten at the end",
    )
    parser.add_argument(
        "--seed",
        choices=sorted(_SEEDS),
        default="demo",
        help="what a new site starts with: the demo projects, or the bot account alone",
    )
    parser.add_argument(
        "--webhook-url",
        action="append",
        default=[],
        metavar="URL",
        help="tell this address what happens; may be given more than once",
    )
    parser.add_argument(
        "--webhook-secret",
        default="",
        metavar="S",
        help="sign webhooks with this secret (X-Hub-Signature: sha256=...)",
    )
    parser.add_argument(
        "--webhook-event",
        action="append",
        choices=sorted(ALL_EVENTS),
        help="send only this event; may be given more than once. issue_commented adds the "
        "jira:issue_updated that Jira can send beside comment_created. Default: "
        + ", ".join(sorted(DEFAULT_EVENTS)),
    )
    return parser


async def _serve(fake: FakeJira, wire: socket.socket) -> None:
    server = build_server(fake)
    running = asyncio.create_task(server.serve(sockets=[wire]))
    await wait_until_started(server, running)
    sys.stdout.write(json.dumps(_ready(fake, wire.getsockname()[1])) + "\n")
    sys.stdout.flush()
    await running


def _ready(fake: FakeJira, port: int) -> dict[str, object]:
    bot = fake.state.people[fake.state.bot]
    return {
        "ready": True,
        "url": fake.site_url,
        "port": port,
        "email": bot.email,
        "token": bot.token,
        "account_id": bot.account_id,
        "projects": sorted(fake.state.projects),
        "is_new": fake.is_new,
    }


def _leave(_number: int, _frame: FrameType | None) -> None:
    # The server has shut down by the time it passes the signal on to us.
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
