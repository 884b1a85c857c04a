"""Runs the service and shows, as it happens, what comments it sees and what it would answer.

Fault
└── ServiceEnded  the service ended while it was being watched
"""

import os
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from chargehand.bootstrap.configured import served_projects
from chargehand.bootstrap.stores import Stores, migrate_stores, open_stores
from chargehand.cli.children import ChildEnded, Children, signals_as_exit
from chargehand.cli.context import Invocation
from chargehand.cli.live_view import LiveView, Stage, Tone
from chargehand.cli.seen import SeenStep, SeenTrace, read_trace
from chargehand.cli.stages import (
    action_stage,
    decision_stage,
    delivery_stage,
    effect_stage,
    event_stage,
    late_stage,
    quoted,
)
from chargehand.config.settings import Settings
from chargehand.domain.errors import Fault
from chargehand.domain.records import ConnectionRecord
from chargehand.pipeline.looking import find_trace, list_events
from chargehand.pipeline.showing import to_json

_LOOK_EVERY_S: Final = 0.5
_PER_LOOK: Final = 100
_ENDED: Final = frozenset({"executed", "failed", "rejected", "expired", "unknown", "simulated"})
_SETTLED_ASKS: Final = frozenset({"stuck", "withdrawn", "dismissed"})
# Silence about a comment that did mention the bot is always worth a word.
_ABOUT_US: Final = frozenset({"not_a_question_to_us", "loop_broken", "already_asked"})
_UNADDRESSED: Final = frozenset({"not_mentioned", "name_only"})
_HINTS: Final = {
    "simulate": "Nothing was sent. To decide on answers like this one: "
    "chargehand modes set approve --kind {kind}",
    "approve": "Send it: chargehand approvals approve {short_id}",
}


class ServiceEnded(Fault):
    """The service ended while it was being watched."""

    code = "service_ended"
    template = "{why}{logs}"


def serve_and_watch(invocation: Invocation) -> None:
    """Run the service and show what it does until Ctrl-C, which stops both.

    Raises: ServiceEnded, and what loading the settings and opening the databases raises.
    """
    settings = invocation.load_settings()
    view = LiveView()
    migrate_stores(settings, clock=invocation.clock(settings))
    logs = settings.storage.data_dir
    config = ("--config", str(invocation.config)) if invocation.config is not None else ()
    try:
        with signals_as_exit(), Children(logs, os.environ) as children:
            children.start("serve", "chargehand", (*config, "serve"))
            view.say(f"The service is starting; its log is {logs / 'serve.log'}")
            try:
                _watch(view, settings, children)
            except ChildEnded as error:
                raise ServiceEnded(why=str(error), logs=children.last_words()) from error
    except KeyboardInterrupt:
        again = "".join(f"{word} " for word in config)
        view.say(f"\nStopped. Run it for good: chargehand {again}serve")


def _watch(view: LiveView, settings: Settings, children: Children) -> None:
    stores = open_stores(settings)
    try:
        watch = _Watch(view, settings, stores)
        with view.waiting("watching; Ctrl-C stops"):
            while True:
                watch.look()
                children.require_alive()
                time.sleep(_LOOK_EVERY_S)
    finally:
        stores.close()


class _Watch:
    """What was shown already, and what is still awaited."""

    def __init__(self, view: LiveView, settings: Settings, stores: Stores) -> None:
        self._view = view
        self._settings = settings
        self._stores = stores
        self._seen = set(self._newest_events())
        self._undecided: list[str] = []
        self._unsent: list[str] = []
        self._names: dict[str, str] = {}
        self._failure = ""
        self._is_waiting = False
        self._has_unaddressed = False

    def look(self) -> None:
        """One look at the databases, and a word about everything new."""
        if not self._is_waiting:
            self._greet(self._stores.database.read(lambda tx: tx.connections.all()))
        fresh = [one for one in reversed(self._newest_events()) if one not in self._seen]
        self._seen.update(fresh)
        self._undecided = [
            one for one in (*self._undecided, *fresh) if not self._show(self._trace(one))
        ]
        self._unsent = [one for one in self._unsent if not self._show_effects(self._trace(one))]

    def _newest_events(self) -> Sequence[str]:
        page = self._stores.database.read(lambda tx: list_events(tx, limit=_PER_LOOK))
        return [event.id for event in page.items]

    def _trace(self, event_id: str) -> SeenTrace:
        return read_trace(self._stores.database.read(lambda tx: to_json(find_trace(tx, event_id))))

    def _greet(self, connections: Sequence[ConnectionRecord]) -> None:
        """Say who is waited for, once the service has signed in."""
        known = [one for one in connections if self._hears(one)]
        failing = next((one for one in connections if one.last_failure_at is not None), None)
        if not known:
            failure = failing.last_failure if failing is not None else ""
            if failure and failure != self._failure:
                self._failure = failure
                self._view.say(
                    f"The sign-in does not work yet ({failure}); it is tried again. "
                    "See: chargehand doctor",
                    style=Tone.BAD.value,
                )
            return
        self._is_waiting = True
        self._names = {str(one.bot_account_id): one.bot_name for one in known}
        bots = " or ".join(dict.fromkeys(one.bot_name for one in known))
        projects = ", ".join(sorted(served_projects(self._settings)))
        self._view.say(
            f"\nWaiting for the first comment that mentions {bots} in {projects} … (Ctrl-C stops)"
        )
        polled = [one.polled_every for one in self._settings.trackers if not one.takes_webhooks]
        if polled and polled[0] is not None:
            seconds = polled[0].total_seconds()
            self._view.say(f"Jira is asked every {seconds:g} s, so a comment takes a moment.")

    def _hears(self, connection: ConnectionRecord) -> bool:
        """Whether a comment made now would be noticed: polling has to know where it began."""
        configured = {one.id: one for one in self._settings.connections}.get(connection.id)
        is_polled = configured is not None and not configured.takes_webhooks
        has_begun = connection.cursor is not None or not is_polled
        return connection.bot_account_id is not None and has_begun

    def _show(self, trace: SeenTrace) -> bool:
        """Show what can be said of an event; False while its decision is awaited."""
        ask = trace.ask
        if ask is not None and ask.state == "late":
            self._arrival(trace)
            within = self._settings.answers.answer_within
            self._view.stage(late_stage(ask, answer_within=within))
            return True
        if ask is not None and ask.state in _SETTLED_ASKS and not trace.decisions:
            self._arrival(trace)
            problem = f" ({ask.problem})" if ask.problem else ""
            self._view.stage(Stage("ask", f"{ask.state}{problem}", tone=Tone.BAD))
            return True
        if not trace.decisions:
            return False
        if ask is None and not trace.decisions[0].should_respond:
            self._show_silence(trace)
            return True
        self._show_answer(trace)
        return True

    def _show_silence(self, trace: SeenTrace) -> None:
        decision, event = trace.decisions[0], trace.event
        if decision.reason in _ABOUT_US:
            self._arrival(trace)
            self._view.stage(decision_stage(decision))
        elif decision.reason in _UNADDRESSED and not self._has_unaddressed:
            self._has_unaddressed = True
            said = f": {quoted(event.text, self._names)}" if event.text else ""
            self._view.say(
                f"\nA comment on {event.work_item} arrived{said}. It does not mention the bot, so "
                "silence; comments reach chargehand, and the next ones like it are not shown."
            )

    def _show_answer(self, trace: SeenTrace) -> None:
        self._arrival(trace)
        self._view.stage(decision_stage(trace.decisions[-1]))
        for step in trace.actions:
            self._view.stage(action_stage(step.action, step.approval))
            hint = _hint(step)
            if hint:
                self._view.say(f"\n{hint}")
        if any(step.action.state not in _ENDED for step in trace.actions):
            self._unsent.append(trace.event.id)

    def _show_effects(self, trace: SeenTrace) -> bool:
        """Show how the actions of an event ended; False while one of them did not."""
        if any(step.action.state not in _ENDED for step in trace.actions):
            return False
        since = _received(trace)
        for step in trace.actions:
            if step.effect is not None:
                self._view.stage(effect_stage(step.action, step.effect, since=since))
            else:
                problem = f" ({step.action.problem})" if step.action.problem else ""
                self._view.stage(Stage("action", f"{step.action.state}{problem}"))
        return True

    def _arrival(self, trace: SeenTrace) -> None:
        self._view.title(f"A comment on {trace.event.work_item or 'no work item'}")
        self._view.stage(delivery_stage(trace.deliveries[0]))
        self._view.stage(event_stage(trace.event, since=_received(trace), names=self._names))


def _received(trace: SeenTrace) -> datetime:
    return trace.deliveries[0].received_at


def _hint(step: SeenStep) -> str:
    short_id = step.approval.short_id if step.approval is not None else ""
    return _HINTS.get(step.action.mode, "").format(kind=step.action.kind, short_id=short_id)
