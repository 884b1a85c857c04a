"""Finds the form that somebody opens, while their chat waits for the answer.

Discord takes a form only as the answer to what somebody did, within three seconds. So the front
looks it up, by reading alone: opening a form changes nothing, and who may not, or is too late, is
told why by the worker as of every other command.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from chargehand.commands.definition import CommandLine
from chargehand.commands.lines import read_line
from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.delivery import VerifiedDelivery
from chargehand.domain.errors import ChargehandError
from chargehand.domain.event import Event, EventKind
from chargehand.domain.form import Form
from chargehand.domain.ids import NO_PROJECT, ConnectionId, ProjectKey
from chargehand.kit.clock import Clock
from chargehand.logs.log import get_logger
from chargehand.pipeline.causing import cause_of_caller
from chargehand.pipeline.chat_callers import chat_caller
from chargehand.pipeline.commanding import refusal_of
from chargehand.pipeline.deciding_by_line import reject_form_in_time
from chargehand.pipeline.editing_by_line import edit_form_in_time
from chargehand.pipeline.places import situate
from chargehand.pipeline.ruling import rulings
from chargehand.plugins.connector import EventParser
from chargehand.storage.database import Database
from chargehand.storage.transaction import Reading

# Of the three seconds a vendor waits; after it the usual promise is given.
_WITHIN_S: Final = 1.5
# Whoever opens a form names the command, as a word of its own or before what it is about. To read
# all of what is pressed costs the front more than to receive it.
_MARKS: Final = (b'"edit"', b'"edit ', b'"reject ')
_FINDERS: Final[Mapping[tuple[str, EventKind], Callable[..., Form | None]]] = {
    ("edit", EventKind.BUTTON_PRESSED): edit_form_in_time,
    ("edit", EventKind.COMMAND_INVOKED): edit_form_in_time,
    # Who types it says the reason in the line.
    ("reject", EventKind.BUTTON_PRESSED): reject_form_in_time,
}
_PRESSED: Final = frozenset(kind for _, kind in _FINDERS)
_log = get_logger()


@dataclass(frozen=True, slots=True)
class FormingChat:
    """A chat that takes a form as an answer, as the front knows it.

    Shape: `answers` is the kind of action whose mode a form has, since it is said like an answer.
    """

    id: ConnectionId
    connector: str
    parser: EventParser
    answers: ActionKind
    projects: frozenset[ProjectKey]
    channels: Mapping[str, frozenset[ProjectKey]] = field(default_factory=dict)
    tells_in_public: bool = False


@dataclass(frozen=True, slots=True)
class FormDesk:
    """Looks forms up for the front; reads only."""

    database: Database
    chats: Mapping[ConnectionId, FormingChat]
    clock: Clock

    async def find(self, delivery: VerifiedDelivery) -> Form | None:
        """The form a delivery opens, soon; None where the worker has something to say instead."""
        chat = self.chats.get(delivery.connection_id)
        if chat is None or not any(mark in delivery.body for mark in _MARKS):
            return None
        event = chat.parser.parse(delivery)
        line = read_line(event.text or "") if event.kind in _PRESSED else None
        if not isinstance(line, CommandLine):
            return None
        finder = _FINDERS.get((line.command.name, event.kind))
        if finder is None:
            return None
        try:
            async with asyncio.timeout(_WITHIN_S):
                return await self.database.aread(
                    lambda tx: self._form(tx, event, line, chat, finder=finder)
                )
        except (ChargehandError, TimeoutError) as error:
            _log.warning("form.not_found_in_time", connection_id=chat.id, error=repr(error))
            return None

    def _form(
        self,
        tx: Reading,
        event: Event,
        line: CommandLine,
        chat: FormingChat,
        *,
        finder: Callable[..., Form | None],
    ) -> Form | None:
        if event.place is None:
            return None
        project = situate(tx, event, chat).project or NO_PROJECT
        caller, now = chat_caller(tx, chat, event.place, event.actor.account_id), self.clock.now()
        cause = cause_of_caller(caller)
        ruling = rulings(tx).on_kind(chat.answers, project, cause=cause, now=now)
        if ruling.mode is not Mode.AUTO:
            return None
        if refusal_of(line.command, caller):
            return None
        return finder(tx, line, caller, now=now)
