from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.domain.errors import Rejected
from chargehand.domain.ids import ConnectionId
from chargehand.intake.errors import (
    BodyTooLarge,
    DeliveryKeyUnusable,
    ProofBroken,
    TooManyFailures,
)
from chargehand.intake.failure_limit import FailureLimit
from chargehand.intake.receive import ReceivingConnection, count_failure, receive
from chargehand.plugins.connector import (
    OUR_OWN,
    Acknowledgement,
    IntakeSecrets,
    Manifest,
    RawRequest,
)
from chargehand.plugins.errors import SignatureWrong

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
REQUEST = RawRequest(ConnectionId("site"), {"host": "x"}, b"0123456789", None, NOW)


class FakeReceiver:
    """Believes everything, and then answers what it is told to."""

    manifest = Manifest("fake", "Fake", body_limit_bytes=10, action_kinds=())

    def __init__(self, change: Callable[[VerifiedDelivery], VerifiedDelivery]) -> None:
        self._change = change

    def acknowledge(self, _delivery: VerifiedDelivery) -> Acknowledgement:
        return OUR_OWN

    def verify(self, request: RawRequest, secrets: IntakeSecrets) -> VerifiedDelivery:
        assert secrets == IntakeSecrets(signing=("s",))
        delivery = VerifiedDelivery(
            connection_id=request.connection_id,
            connector="fake",
            delivery_key="key",
            source=DeliverySource.WEBHOOK,
            lane=Lane.BULK,
            received_at=request.received_at,
            body=request.body,
            headers={},
        )
        return self._change(delivery)


def connection(
    change: Callable[[VerifiedDelivery], VerifiedDelivery] = lambda one: one,
) -> ReceivingConnection:
    secrets = IntakeSecrets(signing=("s",))
    return ReceivingConnection(ConnectionId("site"), "fake", FakeReceiver(change), secrets)


def test_a_proved_request_becomes_a_delivery() -> None:
    delivery = receive(REQUEST, connection())

    assert delivery.body is REQUEST.body
    assert delivery.received_at == NOW


def test_a_body_over_the_manifest_is_refused_before_the_proof() -> None:
    def fail(_delivery: VerifiedDelivery) -> VerifiedDelivery:
        raise AssertionError("the proof was tried")

    with pytest.raises(BodyTooLarge):
        receive(replace(REQUEST, body=b"01234567890"), connection(fail))


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("", id="empty"),
        pytest.param("k" * 201, id="long"),
        pytest.param("a\x00b", id="NUL"),
        pytest.param("a\nb", id="line break"),
    ],
)
def test_a_delivery_key_that_no_table_can_hold_is_refused(key: str) -> None:
    with pytest.raises(DeliveryKeyUnusable):
        receive(REQUEST, connection(lambda one: replace(one, delivery_key=key)))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda one: replace(one, body=b"other"), id="body"),
        pytest.param(lambda one: replace(one, connection_id=ConnectionId("x")), id="connection"),
    ],
)
def test_a_connector_that_changes_what_it_proves_is_at_fault(
    change: Callable[[VerifiedDelivery], VerifiedDelivery],
) -> None:
    with pytest.raises(ProofBroken):
        receive(REQUEST, connection(change))


def test_a_failure_is_told_as_it_is_until_there_are_too_many() -> None:
    limit, error = FailureLimit(failures=1), SignatureWrong()

    told = [count_failure(error, limit, address="a", now=NOW) for _ in range(2)]

    assert told[0] is error
    assert isinstance(told[1], TooManyFailures)
    assert isinstance(told[1], Rejected)
    assert told[1].fields["retry_after_s"] == 60
