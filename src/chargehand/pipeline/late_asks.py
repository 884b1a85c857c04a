"""Asks that wait for a person: why they do, and how they are answered all the same or dismissed."""

from contextlib import suppress
from datetime import datetime

from chargehand.audit.tags import AuditTag
from chargehand.domain.action import ActionKind
from chargehand.domain.ask import Ask, AskState
from chargehand.domain.attention import Topic
from chargehand.domain.ids import AskId, ProjectKey
from chargehand.pipeline.errors import NotFound, NotLate
from chargehand.pipeline.modes import read_version
from chargehand.pipeline.noticing import tell_operator
from chargehand.pipeline.noting_changes import note_matter
from chargehand.policy.in_force import changed_at
from chargehand.storage.errors import PolicyUnreadable
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


def modes_changed_at(tx: Writing, project: ProjectKey) -> datetime | None:
    """When the mode of any kind of action last became another in a project; None if never.

    Before an ask is understood nobody knows which kinds its answer will take, so all count.
    """
    history = []
    for version, text, at in tx.policies.texts():
        # One that was broken let nothing through while it was in force.
        with suppress(PolicyUnreadable):
            history.append((read_version(version, text), at))
    changes = (changed_at(history, project, kind) for kind in ActionKind)
    return max((at for at in changes if at is not None), default=None)


def restored_at(tx: Writing) -> datetime | None:
    """When the database was last restored; None if never.

    An earlier ask may have been answered in the time that the restored database does not know.
    """
    hold = tx.holds.newest()
    return hold.held_at if hold is not None else None


def find_overtaking(tx: Writing, ask: Ask) -> str | None:
    """What came between an ask and its answer, unless somebody released the ask since."""
    changes = {"restored": restored_at(tx), "mode_changed": modes_changed_at(tx, ask.project)}
    for problem, changed in changes.items():
        if changed is None or ask.asked_at >= changed:
            continue
        # A release was given for the state of its moment, and does not outlive it.
        if all(
            record.tag != AuditTag.PERSON_ASK_RELEASED or record.recorded_at < changed
            for record in tx.audit.about(ask.id)
        ):
            return problem
    return None


def report_late(tx: Writing, ask: Ask, *, now: datetime) -> None:
    """Tell the operator, once for each connection and day, that asks wait in the late list."""
    tell_operator(
        tx,
        "asks_late",
        subject_id=f"{ask.connection_id}:{now:%Y-%m-%d}",
        text=f"Questions that are too old to be answered by themselves wait, the first on "
        f"{ask.subject}. See `chargehand asks late`.",
        now=now,
    )
    note_matter(tx, Topic.LATE_ASKS, ask.id, project=ask.project, now=now)


def _waiting(tx: Writing, ask_id: str) -> StoredAsk:
    stored = tx.asks.find(ask_id)
    if stored is None:
        raise NotFound(kind="ask", id=ask_id)
    if stored.ask.state not in _WAITING:
        raise NotLate(id=ask_id, state=stored.ask.state.value)
    return stored
