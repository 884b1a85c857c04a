"""A front as a process of its own, for a test that kills it: `front_process.py FOLDER`.

Prints its port once it listens.
"""

import asyncio
import socket
import sys
from pathlib import Path

import uvicorn

from chargehand.web.front import UVICORN_SETTINGS
from tests.web.fronts import Front


async def serve(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = Front(folder).build()
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", **UVICORN_SETTINGS))
        print(listener.getsockname()[1], flush=True)  # noqa: T201 - the test waits for this line.
        await server.serve(sockets=[listener])


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
