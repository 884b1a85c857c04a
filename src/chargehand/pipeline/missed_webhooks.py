"""What polling found and no webhook brought: how often lately, and when last.

A webhook may be late, so an event counts only when it had its time. When the last one was is an
observation, since nobody wants to look through everything for it.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from chargehand.domain.connection import MissedByWebhook
from chargehand.domain.delivery import DeliverySource
from chargehand.domain.ids import ConnectionId
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.transaction import Reading, Writing

# Jira and Slack send a webhook again for some minutes before they give up.
MAY_BE_LATE: Final = timedelta(minutes=10)
_LATELY: Final = timedelta(days=1)
_LAST: Final = "missed_by_webhook_at"
_LOOKED: Final = "missed_looked_until"
_BOTH: Final = frozenset({DeliverySource.WEBHOOK.value, DeliverySource.POLL.value})


def has_both_ways(sources: Collection[str]) -> bool:
    """Whether polling stands beside webhooks, so that one can miss what the other finds."""
    return set(sources) >= _BOTH


def look_at_missed(
    tx: Writing, sources: Mapping[ConnectionId, Collection[str]], *, now: datetime
) -> None:
    """Note when polling last found what a webhook should have brought."""
    until = now - MAY_BE_LATE
    for connection_id, ways in sources.items():
        if not has_both_ways(ways):
            continue
        looked = tx.observations.find(_LOOKED, connection_id)
        since = from_micros(looked.value) if looked is not None else now - _LATELY
        # What was dispatched late was not there when this stretch was looked at before.
        found = tx.traffic.only_polled(connection_id, since - MAY_BE_LATE, until)
        if found.last_at is not None:
            tx.observations.note(_LAST, connection_id, to_micros(found.last_at), now=now)
        tx.observations.note(_LOOKED, connection_id, to_micros(until), now=now)


def forget_missed(tx: Writing, connection_id: ConnectionId) -> None:
    """Forget what was noted of a connection that is taken out."""
    tx.observations.forget(_LAST, connection_id)
    tx.observations.forget(_LOOKED, connection_id)


def missed_by_webhook(
    tx: Reading | Writing, connection_id: ConnectionId, *, now: datetime
) -> MissedByWebhook:
    """What polling found of one connection and no webhook brought."""
    found = tx.traffic.only_polled(connection_id, now - _LATELY, now - MAY_BE_LATE)
    if found.last_at is not None:
        return MissedByWebhook(found.count, found.last_at, found.last_event_id)
    noted = tx.observations.find(_LAST, connection_id)
    return MissedByWebhook(0, from_micros(noted.value) if noted is not None else None, None)
