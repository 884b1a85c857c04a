"""Writes to both databases in the order of the worker and of polling, until it is ended."""

import json
import sys
from datetime import UTC, datetime

from chargehand.bootstrap.stores import open_stores
from chargehand.config.settings import Settings
from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.domain.ids import ConnectionId, DeliveryId, NoticeId
from chargehand.domain.records import Severity
from chargehand.kit.ids import new_id

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
JIRA = ConnectionId("jira")


def main() -> None:
    stores = open_stores(Settings(**json.loads(sys.argv[1])))
    stores.database.write(lambda tx: tx.connections.ensure(JIRA, connector="jira", site="x"))
    store = stores.open_inbox()
    number = 0
    while True:
        number += 1
        delivery = VerifiedDelivery(
            connection_id=JIRA,
            connector="jira",
            delivery_key=f"{number:09}",
            source=DeliverySource.POLL,
            lane=Lane.BULK,
            received_at=NOW,
            body=b"x" * 4096,
            headers={},
        )
        id_ = DeliveryId(new_id("dlv", NOW))
        store([(id_, delivery)])
        # A poll position covers only what the inbox holds.
        stores.database.write(
            lambda tx, n=number: tx.connections.record_poll(JIRA, cursor=f"{n:09}", now=NOW)
        )
        # A delivery is done only when its work is in `main`.
        stores.database.write(
            lambda tx, n=number: tx.notices.tell(
                NoticeId(new_id("ntc", NOW)),
                f"work:{n:09}",
                severity=Severity.INFO,
                code="work",
                subject_id=f"{n:09}",
                text="x" * 2048,
                now=NOW,
            )
        )
        stores.queue.mark_dispatched([id_], now=NOW)
        if number == 100:
            sys.stdout.write("written\n")
            sys.stdout.flush()


main()
