"""Whether an ask is met with silence, because nothing may be told where it was made."""

from datetime import datetime
from typing import Final, TypedDict

from chargehand.decisions.needs import needs_an_item, tells_of_projects
from chargehand.domain.decision import Reason
from chargehand.domain.event import Event, Place, PlaceKind
from chargehand.domain.intent import Intent
from chargehand.domain.records import Severity
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.noticing import tell_operator
from chargehand.pipeline.places import confirmed_member, served_at, why_unserved
from chargehand.storage.transaction import Writing


class Hinted(TypedDict):
    """What triage is told of a place that serves nothing."""

    unserved: Reason | None
    is_hint_given: bool


_NOTHING_HINTED: Final[Hinted] = {"unserved": None, "is_hint_given": False}


def hinted(
    tx: Writing,
    event: Event,
    intents: tuple[Intent, ...],
    connection: LiveConnection,
    *,
    now: datetime,
) -> Hinted:
    """Whether a place serves nothing, and whether that was said there before."""
    place = event.place
    if place is not None and place.is_discussion and intents:
        return _hinted_beside_code(tx, event, place, intents, connection, now=now)
    # Most messages of a channel ask nothing of the bot, and need nothing looked up.
    if place is None or not any(tells_of_projects(one) for one in intents):
        return _NOTHING_HINTED
    reason = why_unserved(place, connection)
    # The vendor may know more of the channel and the person; it is asked before answering.
    is_told_later = reason is Reason.ASKER_UNKNOWN
    if is_told_later or served_at(tx, place, connection, event.actor.account_id):
        return _NOTHING_HINTED
    then = "It said so once, and is silent there from now on."
    is_first = _tell_of_unserved(tx, place, connection, then, now=now)
    return {"unserved": reason, "is_hint_given": not is_first}


def _hinted_beside_code(
    tx: Writing,
    event: Event,
    place: Place,
    intents: tuple[Intent, ...],
    connection: LiveConnection,
    *,
    now: datetime,
) -> Hinted:
    """Whether an ask on a pull request or a page is met with silence: nobody is alone there.

    Where everybody can read along, a member of the team is told why nothing is told, and who is no
    stranger what is public there anyway.
    """
    account = event.actor.account_id
    if served_at(tx, place, connection, account):
        return _NOTHING_HINTED
    reason = why_unserved(place, connection)
    if reason is Reason.CHANNEL_NOT_BOUND:
        then = "It is silent there until it is bound."
        _tell_of_unserved(tx, place, connection, then, now=now)
    elif not place.is_outsider:
        is_read_later = place.kind is PlaceKind.UNKNOWN and connection.places is not None
        is_public_anyway = not any(needs_an_item(one) for one in intents)
        if (
            is_read_later
            or (is_public_anyway and place.kind is PlaceKind.PUBLIC)
            or confirmed_member(tx, connection.id, account) is not None
        ):
            return _NOTHING_HINTED
    return {"unserved": reason, "is_hint_given": True}


def _tell_of_unserved(
    tx: Writing, place: Place, connection: LiveConnection, then: str, *, now: datetime
) -> bool:
    """Tell the operator once of a place that serves nothing; False when they know."""
    return tell_operator(
        tx,
        "channel_not_served",
        subject_id=f"{connection.id}:{place.channel_id}",
        text=f"The bot was asked in {place.channel_id} of {connection.id}, where it may "
        f"tell nothing to whoever asked. {then}",
        now=now,
        severity=Severity.INFO,
    )
