"""Deliveries that were given up: a person has them dispatched once more, when the cause is gone.

What they ask is as old as it is: a question that waited for too long is a late ask then.
"""

from datetime import datetime
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.domain.ids import DeliveryId
from chargehand.domain.records import Page
from chargehand.inbox.ports import DeliveryQueue, GivenUpDelivery
from chargehand.kit.ids import id_kind
from chargehand.pipeline.errors import NotFound
from chargehand.pipeline.identifying import require_cursor
from chargehand.pipeline.looking import PER_PAGE
from chargehand.storage.transaction import Writing

# Whoever takes all of them up again does so in parts.
MOST_AT_ONCE: Final = 1_000


def list_given_up(
    queue: DeliveryQueue, *, cursor: str | None = None, limit: int = PER_PAGE
) -> Page[GivenUpDelivery]:
    """What was given up and is kept still, newest first.

    Raises: ArgumentInvalid, InboxUnavailable.
    """
    require_cursor(cursor, kind="delivery")
    before = DeliveryId(cursor) if cursor is not None else None
    found = queue.given_up(limit + 1, before=before)
    items = found[:limit]
    return Page(items=items, next_cursor=items[-1].id if len(found) > limit else None)


def take_up_again(
    tx: Writing, queue: DeliveryQueue, identifier: str, *, by: str, now: datetime
) -> DeliveryId:
    """Have one delivery dispatched anew.

    Raises: NotFound where none of that id was given up; InboxUnavailable.
    """
    delivery_id = DeliveryId(identifier)
    tx.audit.append(AuditTag.PERSON_DELIVERY_RETRIED, delivery_id, {"by": by}, now=now)
    # Last, so that a transaction that can not account for it leaves the delivery as it is.
    if id_kind(identifier) != "delivery" or not queue.take_up_again(delivery_id):
        raise NotFound(kind="delivery that was given up", id=identifier)
    return delivery_id
