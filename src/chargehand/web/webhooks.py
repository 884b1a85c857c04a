"""The door for webhooks: read, prove, store, acknowledge. Nothing else happens in the request.

A bare ASGI application: at thousands of requests a second a request object and a response object
for each cost more than the work itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from chargehand.domain.delivery import VerifiedDelivery
from chargehand.domain.errors import ChargehandError
from chargehand.domain.ids import ConnectionId
from chargehand.inbox.group_commit import GroupCommit
from chargehand.inbox.ports import StoreOutcome, StoreStatus
from chargehand.intake.addresses import TrustedProxies
from chargehand.intake.errors import ConnectionAmbiguous, ConnectionUnknown
from chargehand.intake.failure_limit import FailureLimit
from chargehand.intake.receive import ReceivingConnection, count_failure, receive
from chargehand.kit.clock import Clock
from chargehand.plugins.connector import Acknowledgement, FindForm, RawRequest
from chargehand.plugins.errors import SignatureMalformed, SignatureMissing, SignatureWrong
from chargehand.web.body import BodyReader
from chargehand.web.errors import answer_to
from chargehand.web.metrics import NO_CONNECTION, FrontMetrics

_STATUS_CODES = {
    StoreStatus.STORED: HTTPStatus.ACCEPTED,
    StoreStatus.DUPLICATE: HTTPStatus.OK,
}
_log = structlog.get_logger(__name__)
_FORWARDED_FOR = b"x-forwarded-for"
_PREFIX = "/webhooks/"


@dataclass(frozen=True, slots=True)
class WebhookDoor:
    """Everything a webhook request needs; `connections` may change while the front runs.

    Shape: `forms` finds the form that a delivery opens, where its vendor takes one as the answer.
    """

    connections: Mapping[ConnectionId, ReceivingConnection]
    inbox: GroupCommit
    clock: Clock
    metrics: FrontMetrics
    bodies: BodyReader
    failures: FailureLimit
    trusted_proxies: TrustedProxies
    forms: FindForm | None = None

    async def __call__(self, scope: Scope, receive_message: Receive, send: Send) -> None:
        """Serve one POST.

        Raises: what intake and inbox raise; the application turns it into a problem.
        """
        started_at = self.clock.now()
        connection_id = NO_CONNECTION
        try:
            connection = self._find(scope["path_params"])
            connection_id = connection.id
            delivery = await self._receive(scope, receive_message, connection)
            wanted = connection.receiver.acknowledge(delivery)
            if wanted.showing is not None and self.forms is not None:
                form = await self.forms(delivery)
                wanted = wanted.showing(form) if form is not None else wanted
            outcome = await self.inbox.put(delivery) if wanted.is_kept else None
        except ChargehandError as error:
            self.metrics.refused(connection_id, error.code)
            raise
        await _acknowledge(wanted, outcome, send)
        if outcome is None:
            return
        took_s = max(0.0, (self.clock.now() - started_at).total_seconds())
        self.metrics.acknowledged(connection_id, outcome.status, took_s=took_s)

    def _find(self, path: Mapping[str, str]) -> ReceivingConnection:
        connector = path["connector"]
        if "connection" in path:
            connection = self.connections.get(ConnectionId(path["connection"]))
            if connection is None or connection.connector != connector:
                raise ConnectionUnknown(connector=connector)
            return connection
        same_kind = [one for one in self.connections.values() if one.connector == connector]
        if not same_kind:
            raise ConnectionUnknown(connector=connector)
        if len(same_kind) > 1:
            paths = sorted(f"/webhooks/{connector}/{one.id}" for one in same_kind)
            raise ConnectionAmbiguous(connector=connector, paths=", ".join(paths))
        return same_kind[0]

    async def _receive(
        self, scope: Scope, receive_message: Receive, connection: ReceivingConnection
    ) -> VerifiedDelivery:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        limit_bytes = connection.receiver.manifest.body_limit_bytes
        body = await self.bodies.read(receive_message, headers, limit_bytes=limit_bytes)
        now = self.clock.now()
        request = RawRequest(
            connection_id=connection.id,
            headers=headers,
            body=body,
            path_token=scope["path_params"].get("token"),
            received_at=now,
        )
        try:
            return receive(request, connection)
        except (SignatureMissing, SignatureMalformed, SignatureWrong) as error:
            address = self._address_of(scope)
            told = count_failure(error, self.failures, address=address, now=now)
            if told is error:
                # Only as many lines as the limit allows: a flood must not fill the disk.
                code, connection_id = error.code, connection.id
                _log.warning(
                    "intake.proof_failed", code=code, connection_id=connection_id, address=address
                )
            raise told from error

    def _address_of(self, scope: Scope) -> str:
        client = scope.get("client")
        hops = [v.decode("latin-1") for name, v in scope["headers"] if name == _FORWARDED_FOR]
        return self.trusted_proxies.client_address(client[0] if client else None, hops)


@dataclass(frozen=True, slots=True)
class EarlierPath:
    """A path of an earlier system, served as the short path of a connector."""

    door: WebhookDoor
    connector: str

    async def __call__(self, scope: Scope, receive_message: Receive, send: Send) -> None:
        """Serve one POST; raises what the door does."""
        meant = {**scope, "path_params": {"connector": self.connector}}
        await self.door(meant, receive_message, send)


class ShortWay:
    """Takes webhooks to the door without asking the routes, which costs a sixth of a request.

    Whatever it does not know at a glance goes through the routes, which know the same paths.
    """

    def __init__(self, door: WebhookDoor) -> None:
        self._door = door

    def params_of(self, scope: Scope) -> dict[str, str] | None:
        """What the path of a webhook names; None where the routes have to look."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope.get("root_path"):
            return None
        path: str = scope["path"]
        if not path.startswith(_PREFIX):
            return None
        match path[len(_PREFIX) :].split("/"):
            case [connector] if connector:
                return {"connector": connector}
            case [connector, connection] if connector and connection:
                return {"connector": connector, "connection": connection}
            case _:
                return None

    async def __call__(self, scope: Scope, receive_message: Receive, send: Send) -> None:
        """Serve one POST; `scope` carries what `params_of` found."""
        try:
            await self._door(scope, receive_message, send)
        except ChargehandError as error:
            answer = answer_to(error, method=scope["method"])
            await answer(scope, receive_message, send)


def webhook_routes(door: WebhookDoor) -> list[Route]:
    """The full path, the path with a token, the short one, and those of earlier systems."""
    routes = [
        Route(path, door, methods=["POST"], name=name)
        for path, name in (
            ("/webhooks/{connector}/{connection}", "webhook"),
            ("/webhooks/{connector}/{connection}/t/{token}", "webhook_with_token"),
            ("/webhooks/{connector}", "webhook_short"),
        )
    ]
    earlier = [
        Route(path, EarlierPath(door, connector), methods=["POST"], name=f"earlier_{connector}")
        for path, connector in (("/discord", "discord"), ("/github/webhook", "github"))
    ]
    return [*routes, *earlier]


async def _acknowledge(wanted: Acknowledgement, outcome: StoreOutcome | None, send: Send) -> None:
    body, status = wanted.body, HTTPStatus.OK
    if body is None and outcome is not None:
        # Ids and statuses are ASCII words of ours, so nothing has to be escaped.
        body = f'{{"delivery":"{outcome.delivery_id}","status":"{outcome.status.value}"}}'.encode()
        status = _STATUS_CODES[outcome.status]
    body = body or b""
    headers = [
        (b"content-type", wanted.content_type.encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
