"""A front's API as a process of its own: `approving_process FOLDER NAME APPROVAL_ID [URL]`.

Says `ready`, waits for a line, approves, and prints status and body as one JSON line.
"""

import asyncio
import json
import sys
from pathlib import Path

from tests.web.api.world import open_world


async def main(folder: Path, name: str, approval_id: str, url: str | None = None) -> None:
    world = open_world(folder, url)
    world.clock.advance(60)
    async with world.client(key=world.key(name)) as client:
        await client.get("/v1/status")
        print("ready", flush=True)  # noqa: T201 - the test waits for this line.
        await asyncio.to_thread(sys.stdin.readline)
        answer = await client.post(f"/v1/approvals/{approval_id}/approve")
        result = {"status": answer.status_code, "body": answer.json()}
        print(json.dumps(result), flush=True)  # noqa: T201 - and for this one.
    world.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
