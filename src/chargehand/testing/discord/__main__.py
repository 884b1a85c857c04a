"""`python -m chargehand.testing.discord`: the fake Discord as a process of its own."""

import argparse
import asyncio
import contextlib
import json
import signal
import socket
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Final

from chargehand.testing.discord.fake import SOCKETS, FakeDiscord, seed_demo
from chargehand.testing.discord.state import APPLICATION_ID, GUILD_ID
from chargehand.testing.jira.server import HOST, build_server, listen, wait_until_started

_ABOUT: Final = """\
A Discord server that exists only on this machine: REST API v10, signed interactions, limits, and
failures on demand; it forgets everything at the end. It listens on 127.0.0.1 and prints one line of
JSON when it is ready:

  {"ready": true, "url": "http://127.0.0.1:8090", "api_url": ..., "public_key": ..., ...}
"""
_EXAMPLES: Final = """\
try it (in another terminal; U is the url it printed):
  curl -H "Authorization: Bot fake-bot-token-of-chargehand" $U/api/v10/users/@me
  curl -X PUT $U/__fake__/endpoint -d '{"url": "http://127.0.0.1:8000/webhooks/discord"}'
  curl $U/__fake__/commands -d '{"author": "Mei Tanaka", "channel": "payments", "line": "help"}'
  curl $U/__fake__/state                       what everybody said, and what we answered
  pydoc chargehand.testing.discord             the whole control API

people and channels: Mei Tanaka, Tom Berg, Ana Ruiz; payments with the thread refunds, and random.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until interrupted; 2 means the arguments could not be used."""
    parser = argparse.ArgumentParser(
        prog="python -m chargehand.testing.discord",
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
    parser.add_argument("--endpoint-url", metavar="URL", help="post interactions to this address")
    options = parser.parse_args(arguments)
    try:
        wire = listen(options.port)
    except OSError as error:
        sys.stderr.write(f"The fake can not start: {error}\n")
        return 2
    url = f"http://{HOST}:{wire.getsockname()[1]}"
    fake = FakeDiscord(site_url=url, endpoint_url=options.endpoint_url)
    seed_demo(fake)
    signal.signal(signal.SIGTERM, _leave)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(fake, wire))
    return 0


async def _serve(fake: FakeDiscord, wire: socket.socket) -> None:
    server = build_server(fake, ws=SOCKETS)
    running = asyncio.create_task(server.serve(sockets=[wire]))
    await wait_until_started(server, running)
    ready = {
        "ready": True,
        "url": fake.site_url,
        "port": wire.getsockname()[1],
        "api_url": fake.api_url,
        "bot_token": fake.state.bot_token,
        "application_id": APPLICATION_ID,
        "guild_id": GUILD_ID,
        "public_key": fake.state.key.public_key,
        "channels": {one.name: one.id for one in fake.state.channels.values()},
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    await running


def _leave(_number: int, _frame: FrameType | None) -> None:
    # The server has shut down by the time it passes the signal on to us.
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
