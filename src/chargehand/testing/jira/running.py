"""A fake Jira as a process of its own: its arguments, its ready line, its end."""

import argparse
import asyncio
import contextlib
import json
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from chargehand.domain.errors import ChargehandError
from chargehand.testing.jira.fake import FakeJira
from chargehand.testing.jira.seeds import seed_demo, seed_empty
from chargehand.testing.jira.server import HOST, build_server, listen, wait_until_started
from chargehand.testing.jira.webhooks import ALL_EVENTS, DEFAULT_EVENTS, WebhookTarget

_SEEDS: Final = {"demo": seed_demo, "empty": seed_empty}


@dataclass(frozen=True, slots=True)
class Program:
    """One kind of fake: its words, how it is made, and whether it may stand below a path."""

    name: str
    about: str
    examples: str
    fake: type[FakeJira]
    has_context_path: bool = False


def run(program: Program, arguments: Sequence[str] | None) -> int:
    """Run until interrupted; 2 means the arguments or the state file could not be used."""
    parser = _parser(program)
    options = parser.parse_args(arguments)
    events = frozenset(options.webhook_event) if options.webhook_event else DEFAULT_EVENTS
    targets = [WebhookTarget(url, options.webhook_secret, events) for url in options.webhook_url]
    if options.webhook_secret and not targets:
        parser.error("--webhook-secret needs a --webhook-url.")
    try:
        wire = listen(options.port)
        port = wire.getsockname()[1]
        url = f"http://{HOST}:{port}{options.context_path.rstrip('/')}"
        fake = program.fake(site_url=url, state_path=options.state, webhooks=targets)
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


def _parser(program: Program) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m {program.name}",
        description=program.about,
        epilog=program.examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--port",
        type=int,
        default=0,
        metavar="P",
        help="port on 127.0.0.1; 0, the default, takes a free one (the ready line tells which)",
    )
    parser.set_defaults(context_path="")
    if program.has_context_path:
        parser.add_argument(
            "--context-path", metavar="PATH", help="path the site stands below, such as /jira"
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
    name = {"user_name": bot.username} if bot.username else {"email": bot.email}
    return {
        "ready": True,
        "url": fake.site_url,
        "port": port,
        **name,
        "token": bot.token,
        "account_id": bot.account_id,
        "projects": sorted(fake.state.projects),
        "is_new": fake.is_new,
    }


def _leave(_number: int, _frame: FrameType | None) -> None:
    # The server has shut down by the time it passes the signal on to us.
    raise SystemExit(0)
