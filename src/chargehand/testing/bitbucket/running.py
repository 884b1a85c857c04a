"""A fake Bitbucket as a process of its own: its arguments, its ready line, its end."""

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

from chargehand.testing.bitbucket.fake import (
    ACCESS_TOKEN,
    API_TOKEN,
    BOT_EMAIL,
    FakeBitbucket,
    seed_demo,
)
from chargehand.testing.bitbucket.records import Webhook
from chargehand.testing.jira.server import HOST, build_cutting_server, listen, wait_until_started


def run(
    name: str, about: str, make: type[FakeBitbucket], arguments: Sequence[str] | None, seed: str
) -> int:
    """Run until interrupted; 2 means the arguments or the state file could not be used."""
    options = _parser(name, about).parse_args(arguments)
    hooks = [
        Webhook(id=f"{{{n}}}", url=url, secret=options.webhook_secret, events=[])
        for n, url in enumerate(options.webhook_url)
    ]
    try:
        wire = listen(options.port)
        fake = make(state_path=options.state, webhooks=hooks)
        if fake.host.is_new:
            seed_demo(fake, repository=seed)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"The fake can not start: {error}\n")
        return 2
    signal.signal(signal.SIGTERM, _leave)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(fake, wire))
    return 0


def _parser(name: str, about: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m {name}",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, metavar="P", help="port on 127.0.0.1")
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="keep everything in this JSON file"
    )
    parser.add_argument(
        "--webhook-url",
        action="append",
        default=[],
        metavar="URL",
        help="tell this address of what happens; may be given more than once",
    )
    parser.add_argument(
        "--webhook-secret", default="", metavar="S", help="sign webhooks with this secret"
    )
    return parser


async def _serve(fake: FakeBitbucket, wire: socket.socket) -> None:
    fake.desk.base_url = f"http://{HOST}:{wire.getsockname()[1]}"
    server = build_cutting_server(fake.app, ws="none")
    running = asyncio.create_task(server.serve(sockets=[wire]))
    await wait_until_started(server, running)
    ready = {
        "ready": True,
        "url": fake.desk.base_url,
        "api_url": fake.api_url,
        "email": BOT_EMAIL,
        "api_token": API_TOKEN,
        "access_token": ACCESS_TOKEN,
        "account_id": fake.host.person(fake.host.state.bot).account_id,
        "repositories": sorted(fake.host.state.repositories),
        "is_new": fake.host.is_new,
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    await running


def _leave(_number: int, _frame: FrameType | None) -> None:
    # The server has shut down by the time it passes the signal on to us.
    raise SystemExit(0)
