"""The upper bound: the same proof and the same writer behind a bare ASGI callable."""

import gc
from collections.abc import Awaitable, Callable

from starlette.types import Message, Receive, Scope, Send

from chargehand.domain.ids import ConnectionId
from chargehand.inbox.group_commit import GroupCommit
from chargehand.kit.clock import Clock
from chargehand.plugins.connector import IntakeSecrets, RawRequest, WebhookReceiver

Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def build(
    inbox: GroupCommit,
    receiver: WebhookReceiver,
    *,
    secrets: IntakeSecrets,
    connection_id: ConnectionId,
    clock: Clock,
) -> Application:
    """An application without routes, limits, metrics or answers to errors."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(inbox, receive, send)
            return
        body = await _body(receive)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        request = RawRequest(connection_id, headers, body, None, clock.now())
        outcome = await inbox.put(receiver.verify(request, secrets))
        answer = f'{{"delivery":"{outcome.delivery_id}"}}'.encode()
        length = (b"content-length", str(len(answer)).encode())
        await send({"type": "http.response.start", "status": 202, "headers": [length]})
        await send({"type": "http.response.body", "body": answer})

    return application


async def _body(receive: Receive) -> bytes:
    message: Message = await receive()
    body: bytes = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]
    return body


async def _live(inbox: GroupCommit, receive: Receive, send: Send) -> None:
    await receive()
    inbox.start()
    # The front does the same, so that the two differ in nothing but the front itself.
    gc.collect()
    gc.freeze()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await inbox.stop()
    await send({"type": "lifespan.shutdown.complete"})
