"""`python -m chargehand.testing.models`: a scripted model as a process of its own."""

import argparse
import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Final

from chargehand.testing.jira.server import HOST, listen, wait_until_started
from chargehand.testing.models.app import read_turn
from chargehand.testing.models.script import ModelScript, decide
from chargehand.testing.models.server import build_server

_ABOUT: Final = """\
A model that says what it is told, in the shapes of Anthropic's Messages API (POST /v1/messages) and
of OpenAI's chat completions (POST /v1/chat/completions). It listens on 127.0.0.1 and prints one
line of JSON when it is ready:

  {"ready": true, "url": "http://127.0.0.1:8091", "port": 8091, "turns": 0}
"""
_EXAMPLES: Final = """\
try it (in another terminal; U is the url it printed):
  curl $U/__script__/turns -d '[{"call": "decide", "arguments": {"should_respond": true, ...}}]'
  curl $U/__script__/turns -d '[{"fail": 429, "retry_after_s": 30}, {"turn": "hang"}]'
  curl $U/__script__/requests                  every request it received

turns: {"say": text}, {"call": tool, "arguments": {...}}, {"fail": status}, {"junk": text}, and
{"turn": "hang"}, {"turn": "endless"}, {"turn": "cut"}. When none is left it decides that the data
does not show the answer.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until interrupted; 2 means the arguments could not be used."""
    parser = argparse.ArgumentParser(
        prog="python -m chargehand.testing.models",
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--port", type=int, default=0, metavar="P", help="port on 127.0.0.1; 0 takes a free one"
    )
    parser.add_argument(
        "--turns", type=Path, metavar="FILE", help="a JSON list of turns to begin with"
    )
    options = parser.parse_args(arguments)
    script = ModelScript(otherwise=decide("The data I was given does not show that."))
    try:
        if options.turns is not None:
            script.turns.extend(read_turn(one) for one in json.loads(options.turns.read_text()))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"The turns can not be used: {error}\n")
        return 2
    signal.signal(signal.SIGTERM, _leave)
    with contextlib.suppress(KeyboardInterrupt):
        return asyncio.run(_serve(script, options.port))
    return 0


async def _serve(script: ModelScript, port: int) -> int:
    try:
        wire = listen(port)
    except OSError as error:
        sys.stderr.write(f"The scripted model can not start: {error}\n")
        return 2
    server = build_server(script)
    running = asyncio.create_task(server.serve(sockets=[wire]))
    await wait_until_started(server, running)
    found = wire.getsockname()[1]
    ready = {
        "ready": True,
        "url": f"http://{HOST}:{found}",
        "port": found,
        "turns": len(script.turns),
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    await running
    return 0


def _leave(_number: int, _frame: FrameType | None) -> None:
    # The server has shut down by the time it passes the signal on to us.
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
