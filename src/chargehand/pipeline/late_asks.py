"""Asks that wait for a person: answered all the same, or dismissed."""

from datetime import datetime

from chargehand.audit.tags import AuditTag
from chargehand.domain.ask import AskState
from chargehand.domain.ids import AskId
from chargehand.pipeline.errors import NotFound, NotLate
from chargehand.storage.repositories.asks import StoredAsk
from chargehand.storage.transaction import Writing

_WAITING = frozenset({AskState.LATE, AskState.STUCK})


def release_ask(tx: Writing, ask_id: str, *, by: str, now: datetime) -> AskId:
    """Give a waiting ask to the worker in spite of its age.

    Raises: NotFound, NotLate.
    """
    stored = _waiting(tx, ask_id)
    tx.asks.reopen(stored.ask.id)
    tx.audit.append(AuditTag.PERSON_ASK_RELEASED, stored.ask.id, {"by": by}, now=now)
    return stored.ask.id


def dismiss_ask(tx: Writing, ask_id: str, *, by: str, now: datetime) -> AskId:
    """Close a waiting ask without an answer.

    Raises: NotFound, NotLate.
    """
    stored = _waiting(tx, ask_id)
    tx.asks.close(stored.ask.id, AskState.DISMISSED, now=now, by=by)
    tx.audit.append(AuditTag.PERSON_ASK_DISMISSED, stored.ask.id, {"by": by}, now=now)
    return stored.ask.id


def _waiting(tx: Writing, ask_id: str) -> StoredAsk:
    stored = tx.asks.find(ask_id)
    if stored is None:
        raise NotFound(kind="ask", id=ask_id)
    if stored.ask.state not in _WAITING:
        raise NotLate(id=ask_id, state=stored.ask.state.value)
    return stored
