"""From a raw request to a verified delivery."""

from dataclasses import dataclass
from datetime import datetime

from chargehand.domain.delivery import VerifiedDelivery
from chargehand.domain.errors import Rejected
from chargehand.domain.ids import ConnectionId
from chargehand.intake.errors import (
    BodyTooLarge,
    DeliveryKeyUnusable,
    ProofBroken,
    TooManyFailures,
)
from chargehand.intake.failure_limit import FailureLimit
from chargehand.plugins.connector import IntakeSecrets, RawRequest, WebhookReceiver

_KEY_LENGTH = 200


@dataclass(frozen=True, slots=True)
class ReceivingConnection:
    """A connection as the front knows it: what proves its senders, and no sign-in."""

    id: ConnectionId
    connector: str
    receiver: WebhookReceiver
    secrets: IntakeSecrets


def receive(request: RawRequest, connection: ReceivingConnection) -> VerifiedDelivery:
    """The delivery a request proves to be.

    Raises: BodyTooLarge, DeliveryKeyUnusable, SignatureMissing, SignatureMalformed,
    SignatureWrong, all Rejected; ProofBroken when the connector is at fault.
    """
    limit_bytes = connection.receiver.manifest.body_limit_bytes
    if len(request.body) > limit_bytes:
        raise BodyTooLarge(limit_bytes=limit_bytes)
    delivery = connection.receiver.verify(request, connection.secrets)
    if delivery.connection_id != request.connection_id:
        raise ProofBroken(connector=connection.connector, field="connection")
    if delivery.body is not request.body:
        raise ProofBroken(connector=connection.connector, field="body")
    key = delivery.delivery_key
    if not 0 < len(key) <= _KEY_LENGTH or not key.isprintable():
        raise DeliveryKeyUnusable(limit=_KEY_LENGTH)
    return delivery


def count_failure(error: Rejected, limit: FailureLimit, *, address: str, now: datetime) -> Rejected:
    """What a sender who failed is told: why, or to wait once it has failed too often.

    The proof is always tried first, so that a correct sender behind a shared address is never
    shut out by its neighbours.
    """
    retry_after_s = limit.count_failure(address, now)
    if retry_after_s is None:
        return error
    return TooManyFailures(retry_after_s=retry_after_s)
