"""What stops and flags hold back, looked at in the transaction that would go on.

A row of a stop or a flag is read where it matters: by the gate before it lets anything through, by
whoever would decide an ask, and by whoever would pay for a model. So what was said on one machine
holds on every other one from its next transaction on, and nothing has to be told to anybody.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chargehand.domain.ask import Ask
from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.domain.intent import IntentKind
from chargehand.domain.records import ActionRecord
from chargehand.domain.switches import ORGANIZATION, FlagSetting, StopRecord, Subject
from chargehand.flags.registry import Flag, is_on
from chargehand.storage.transaction import Reading, Writing

STOPPED: Final = "stopped"
OFF: Final = "flag_off"
HELD_BACK: Final = frozenset({STOPPED, OFF})
CAP_REACHED: Final = "cap_reached"
QUIET_HOURS: Final = "quiet_hours"
_RESTRAINED: Final = frozenset({CAP_REACHED, QUIET_HOURS})
_ABOUT_STOPS: Final = frozenset({"stop", "resume"})
# Whoever lifts a stop lets go of what waits for it; this is for what nobody lifted.
LOOK_AGAIN_AFTER: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Barriers:
    """Every stop and flag as one transaction sees them."""

    stops: tuple[StopRecord, ...]
    settings: tuple[FlagSetting, ...]
    off_by_settings: Collection[str]
    now: datetime

    def stop_of(self, subject: Subject) -> StopRecord | None:
        """The stop that holds a subject back; None when none does."""
        return next((one for one in self.stops if one.scope.covers(subject)), None)

    def is_on(self, flag: Flag, subject: Subject) -> bool:
        """How a flag stands for a subject."""
        return is_on(
            flag, self.settings, subject, now=self.now, off_by_settings=self.off_by_settings
        )

    def before_sending(self, subject: Subject) -> str:
        """Why an action is not sent now, in a closed word; empty when it may be."""
        return self._before(Flag.SENDING, subject)

    def before_telling_of_stops(self, subject: Subject) -> str:
        """The same for what tells that something is stopped, which no stop holds back."""
        return "" if self.is_on(Flag.SENDING, subject) else OFF

    def before_deciding(self, subject: Subject) -> str:
        """Why nothing is decided now, in a closed word; empty when it may be."""
        return self._before(Flag.AGENTS, subject)

    def before_model(self, subject: Subject) -> str:
        """Why no model is asked now, in a closed word; empty when one may be."""
        return self._before(Flag.MODEL_DECISIONS, subject) or self.before_deciding(subject)

    def tells_unasked(self, subject: Subject) -> bool:
        """Whether people are told what they did not just ask for; a stop holds it at the gate."""
        return self.is_on(Flag.UNASKED_MESSAGES, subject) and self.is_on(Flag.AGENTS, subject)

    @property
    def is_all_stopped(self) -> bool:
        """Whether everything is stopped."""
        return any(one.scope == ORGANIZATION for one in self.stops)

    def _before(self, flag: Flag, subject: Subject) -> str:
        if self.stop_of(subject) is not None:
            return STOPPED
        return "" if self.is_on(flag, subject) else OFF


def barriers(tx: Reading | Writing, *, now: datetime) -> Barriers:
    """The stops and flags in force."""
    return Barriers(tx.stops.in_force(), tx.flags.all(), tx.flags.off_by_settings, now)


def subject_of_action(action: ActionRecord, cohort: str = "") -> Subject:
    """What an action is, as stops and flags are asked about it."""
    return Subject(
        project=action.project,
        connection_id=action.connection_id,
        connector=action.kind.connector,
        agent=action.cause.agent,
        kind=action.kind,
        cohort=cohort,
    )


def subject_of_ask(ask: Ask, connector: str) -> Subject:
    """What an ask is, as stops and flags are asked about it."""
    return Subject(project=ask.project, connection_id=ask.connection_id, connector=connector)


def subject_in(project: ProjectKey | None, connection_id: ConnectionId, connector: str) -> Subject:
    """What is said in a project by a connection."""
    return Subject(project=project, connection_id=connection_id, connector=connector)


def is_about_stops(ask: Ask) -> bool:
    """Whether all that is asked is to stop or to resume, which no stop holds back."""
    return bool(ask.intents) and all(
        one.kind is IntentKind.RUN and one.arguments.get("command") in _ABOUT_STOPS
        for one in ask.intents
    )


def let_go(tx: Writing, *, now: datetime) -> None:
    """Give everything that waits for a stop or a flag another try at once; what may not, waits."""
    tx.actions.let_go(HELD_BACK, now=now)
    tx.asks.let_go(HELD_BACK, now=now)


def let_go_of_policy(tx: Writing, *, now: datetime) -> None:
    """The same for what waits for the caps and hours of a policy that is another one now."""
    tx.actions.let_go(_RESTRAINED, now=now)
