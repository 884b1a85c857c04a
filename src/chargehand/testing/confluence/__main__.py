"""`python -m chargehand.testing.confluence`: the fake as a process of its own."""

import argparse
import asyncio
import json
import sys

from chargehand.testing.confluence.fake import (
    BOT_ACCOUNT,
    BOT_EMAIL,
    BOT_TOKEN,
    FakeConfluence,
    seed_demo,
)
from chargehand.testing.jira.server import listen_for_stop, serving


def main() -> int:
    """Run until interrupted; 2 means the port could not be used."""
    parser = argparse.ArgumentParser(
        prog="python -m chargehand.testing.confluence",
        description="A fake Confluence on this machine, with the space ENG and one page.",
    )
    parser.add_argument(
        "--port", type=int, default=0, metavar="P", help="port on 127.0.0.1; 0 takes a free one"
    )
    options = parser.parse_args()
    try:
        asyncio.run(_serve(options.port))
    except OSError as error:
        sys.stderr.write(f"The fake can not start: {error}\n")
        return 2
    return 0


async def _serve(port: int) -> None:
    is_told_to_stop = listen_for_stop()
    fake = FakeConfluence()
    page_id = seed_demo(fake)
    async with serving(fake, port) as url:
        ready = {
            "ready": True,
            "url": url,
            "email": BOT_EMAIL,
            "token": BOT_TOKEN,
            "account_id": BOT_ACCOUNT,
            "spaces": sorted(fake.site.spaces),
            "page": page_id,
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        await is_told_to_stop.wait()


if __name__ == "__main__":
    sys.exit(main())
