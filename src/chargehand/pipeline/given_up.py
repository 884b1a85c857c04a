"""Deliveries that were given up: a person has them dispatched once more, when the cause is gone.

What they ask is as old as it is: a question that waited for too long is a late ask then.
"""

from datetime import datetime
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.domain.ids import DeliveryId
from chargehand.inbox.ports import DeliveryQueue
from chargehand.pipeline.errors import NotFound
from chargehand.storage.database import Database

# Whoever takes all of them up again does so in parts.
MOST_AT_ONCE: Final = 1_000


def take_up_again(
    database: Database, queue: DeliveryQueue, identifier: str, *, by: str, now: datetime
) -> DeliveryId:
    """Have one delivery dispatched anew.

    Raises: NotFound where none of that id was given up.
    """
    delivery_id = DeliveryId(identifier)
    if not queue.take_up_again(delivery_id):
        raise NotFound(kind="delivery that was given up", id=identifier)
    database.write(
        lambda tx: tx.audit.append(
            AuditTag.PERSON_DELIVERY_RETRIED, delivery_id, {"by": by}, now=now
        )
    )
    return delivery_id
