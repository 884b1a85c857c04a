"""The part of the front that is loaded behind its open door.

An API of a hundred routes takes longer to load than all that webhooks need, and who restarts the
service should not have to turn webhooks away meanwhile: a vendor that was refused comes back later
or never, while a person who calls the API waits for a second.
"""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from starlette.types import ASGIApp, Receive, Scope, Send

App = TypeVar("App", bound=ASGIApp)


class LoadedLater(Generic[App]):
    """An application that is loaded once, in a thread; who calls before that waits for it.

    Every method belongs to one event loop. Loading ends by itself: it asks nothing of anybody.
    """

    def __init__(self, load: Callable[[], App]) -> None:
        self._load = load
        self._loading: asyncio.Future[App] | None = None

    async def loaded(self) -> App:
        """The application, loaded now where it is not yet.

        Raises: whatever loading raises, to everybody who asks.
        """
        if self._loading is None:
            self._loading = asyncio.ensure_future(asyncio.to_thread(self._load))
        # One caller who hangs up must not end it for the others.
        return await asyncio.shield(self._loading)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        app = await self.loaded()
        await app(scope, receive, send)
