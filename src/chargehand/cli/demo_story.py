"""The sentence as it happens: a person comments, and every stage is shown when it is reached.

Fault
├── NotAnswered    the mention did not become a reply that waits for approval
├── NotPosted      the approved reply is not at the vendor
├── ThreadWrong    the ticket does not hold exactly what it should
└── AuditBroken    the audit chain does not hold
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from chargehand.cli.asking import is_terminal
from chargehand.cli.children import Children
from chargehand.cli.demo_clients import Reader, ServerClient, SiteClient, WaitingAction
from chargehand.cli.editing import EditorMissing, edit_text
from chargehand.cli.live_view import LiveView, Stage, Tone
from chargehand.cli.seen import SeenApproval, SeenStep, SeenTrace
from chargehand.cli.stages import (
    action_stage,
    approval_stage,
    decision_stage,
    delivery_stage,
    effect_stage,
    event_stage,
    millis,
)
from chargehand.cli.thread import Remark
from chargehand.domain.errors import Fault
from chargehand.kit.clock import SystemClock

T = TypeVar("T")
_ASKER: Final = "Mei Tanaka"
_WORK_ITEM: Final = "PAY-7"
_QUESTION: Final = "what is blocking this?"
_STAGE_WITHIN_S: Final = 20.0
_ENDED: Final = frozenset({"executed", "failed", "rejected", "expired", "unknown", "simulated"})


class NotAnswered(Fault):
    """The mention did not become a reply that waits for approval."""

    code = "demo_not_answered"
    template = "The mention was not answered: {reasoning}"


class NotPosted(Fault):
    """The approved reply is not at the vendor."""

    code = "demo_not_posted"
    template = "The approved reply was not posted: the action is {state}{problem}."


class ThreadWrong(Fault):
    """The ticket does not hold exactly what it should."""

    code = "demo_thread_wrong"
    template = "{work_item} should have {expected} of ours, and has {found}."


class AuditBroken(Fault):
    """The audit chain does not hold."""

    code = "demo_audit_broken"
    template = "The audit chain of {records} records does not hold; see `chargehand audit verify`."


class Progress:
    """What the demo is doing, for the case that it fails there."""

    def __init__(self) -> None:
        self.doing = "starting"


@dataclass(frozen=True, slots=True)
class Told:
    """What a story left behind."""

    event_id: str
    audit_records: int


class Story:
    """One mention on its way through the house."""

    def __init__(
        self,
        view: LiveView,
        children: Children,
        *,
        server: ServerClient,
        site: SiteClient,
        bot: str,
        progress: Progress,
    ) -> None:
        self._view = view
        self._children = children
        self._server = server
        self._site = site
        self._bot = bot
        self._progress = progress

    def tell(self) -> Told:
        """From the comment to the verified audit chain.

        Raises: NotAnswered, NotPosted, ThreadWrong, AuditBroken, ChildEnded, WaitedTooLong,
        CallFailed, AnswerUnreadable.
        """
        with closing(self._site.sign_in(_ASKER)) as reader:
            self._progress.doing = "reading the ticket"
            before = reader.thread(_WORK_ITEM)
            title = reader.title(_WORK_ITEM)
            self._view.title(f"{_ASKER} comments on {_WORK_ITEM}, {title}")
            trace = self._understand()
            received_at = trace.deliveries[0].received_at
            step = trace.actions[0]
            approval = self._decide(step, received_at)
            if approval.state == "approved":
                self._post(trace.event.id, received_at)
            self._show_thread(reader, before, approval)
        self._progress.doing = "verifying the audit chain"
        verified = self._server.verify_audit()
        if not verified.is_intact:
            raise AuditBroken(records=verified.records)
        return Told(trace.event.id, verified.records)

    def _understand(self) -> SeenTrace:
        """The comment, its delivery, the event, the decision and the proposed action."""
        self._progress.doing = "receiving the webhook"
        body = f"[~accountid:{self._bot}] {_QUESTION}"
        webhook = self._site.comment(_WORK_ITEM, author=_ASKER, body=body)
        with self._view.waiting("the webhook is on its way"):
            delivery = self._wait("The delivery", self._server.newest_delivery)
            status = self._wait("The webhook's answer", lambda: self._site.webhook_answer(webhook))
        trace = self._server.trace(delivery.id)
        self._view.stage(delivery_stage(delivery, acknowledged=status))
        names = {self._bot: "Chargehand"}
        self._view.stage(event_stage(trace.event, since=delivery.received_at, names=names))
        self._progress.doing = "waiting for the decision"
        with self._view.waiting("facts are read, a decision is made"):
            trace = self._wait("The decision", lambda: self._decided(delivery.id))
        seen_ms = millis(SystemClock().now() - delivery.received_at)
        decision = trace.decisions[0]
        self._view.stage(decision_stage(decision, at_ms=seen_ms))
        if not trace.actions or trace.actions[0].approval is None:
            raise NotAnswered(reasoning=decision.reasoning)
        step = trace.actions[0]
        self._view.stage(action_stage(step.action, step.approval, at_ms=seen_ms))
        return trace

    def _decided(self, identifier: str) -> SeenTrace | None:
        trace = self._server.trace(identifier)
        return trace if trace.decisions else None

    def _decide(self, step: SeenStep, received_at: datetime) -> SeenApproval:
        """What a person says to it; without one the demo approves by itself."""
        self._progress.doing = "deciding the approval"
        if step.approval is None:
            raise NotAnswered(reasoning="there is no approval")
        if not is_terminal():
            approved = self._server.approve(step.approval.id).approval
            note = "There is no terminal to ask on, so the demo approves by itself."
            self._view.stage(approval_stage(approved, since=received_at, note=note))
            return approved
        waiting = WaitingAction(step.approval, step.action)
        while True:
            answer = self._ask()
            if answer in ("e", "edit"):
                waiting = self._edit(waiting)
            elif answer in ("", "y", "yes"):
                approved = self._server.approve(waiting.approval.id).approval
                self._view.stage(approval_stage(approved, since=received_at))
                return approved
            elif answer in ("n", "no"):
                reason = "rejected in the demo"
                rejected = self._server.reject(waiting.approval.id, reason=reason).approval
                self._view.stage(approval_stage(rejected, since=received_at))
                return rejected
            else:
                self._view.say(f"{answer!r} is neither y, n nor e.")

    def _ask(self) -> str:
        try:
            return self._view.ask("Approve? [Y/n/e(dit)]").casefold()
        except EOFError:
            self._view.say("No answer, which means no.")
            return "n"

    def _edit(self, waiting: WaitingAction) -> WaitingAction:
        words = str(waiting.action.params.get("markdown", ""))
        text = self._new_words(words)
        if text is None:
            self._view.say("Nothing was changed.")
            return waiting
        edited = self._server.edit(waiting.approval.id, text=text)
        self._view.say("The old approval is void; this is the new one:")
        self._view.stage(action_stage(edited.action, edited.approval))
        return edited

    def _new_words(self, words: str) -> str | None:
        try:
            return edit_text(words)
        except EditorMissing:
            self._view.say("EDITOR is not set, so type the new text on one line; empty keeps it.")
            return self._view.ask(">") or None

    def _post(self, event_id: str, received_at: datetime) -> None:
        self._progress.doing = "posting the reply"
        with self._view.waiting("the reply is posted"):
            step = self._wait("The effect", lambda: self._ended(event_id))
        if step.effect is not None:
            self._view.stage(effect_stage(step.action, step.effect, since=received_at))
        if step.action.state != "executed" or step.effect is None:
            problem = f" ({step.action.problem})" if step.action.problem else ""
            raise NotPosted(state=step.action.state, problem=problem)
        self._progress.doing = "waiting for the reply's own webhook"
        self._hear_own_reply(step.effect.external_id)

    def _ended(self, event_id: str) -> SeenStep | None:
        step = self._server.trace(event_id).actions[0]
        return step if step.action.state in _ENDED else None

    def _hear_own_reply(self, comment_id: str) -> None:
        """Jira tells of our reply too; that must end in silence, or bots would talk for ever."""
        with self._view.waiting("Jira tells of the reply, too"):
            event_id = self._wait(
                "The reply's webhook",
                lambda: self._server.event_of_comment(comment_id, work_item=_WORK_ITEM),
            )
            trace = self._wait("The silence", lambda: self._decided(event_id))
        decision = trace.decisions[0]
        verdict = "respond" if decision.should_respond else "stay silent"
        self._view.stage(
            Stage("echo", f"the reply's own webhook: {verdict}", (decision.reasoning,))
        )

    def _show_thread(
        self, reader: Reader, before: Sequence[Remark], approval: SeenApproval
    ) -> None:
        self._progress.doing = "reading the thread back"
        thread = reader.thread(_WORK_ITEM)
        self._view.title(f"{_WORK_ITEM} as {_ASKER} sees it now, read back from Jira")
        for remark in thread:
            when = f"{remark.written_at.astimezone(UTC):%a %d %b %Y, %H:%M} UTC"
            is_ours = remark.author_id == self._bot
            self._view.remark(remark.author, when, remark.lines, is_ours=is_ours)
        ours = [remark for remark in thread if remark.author_id == self._bot]
        expected = 1 if approval.state == "approved" else 0
        if len(ours) != expected or len(thread) != len(before) + 1 + expected:
            found = f"{len(ours)} among {len(thread)} comments"
            raise ThreadWrong(work_item=_WORK_ITEM, expected=f"{expected} reply", found=found)
        if expected:
            self._view.say("\nExactly one reply, marked with >.", style=Tone.GOOD.value)
            return
        writes = self._site.writes()
        if writes:
            raise ThreadWrong(
                work_item=_WORK_ITEM, expected="no change", found=f"{writes} asked for"
            )
        self._view.say("\nRejected, so nothing was posted: Jira was not asked for any change.")

    def _wait(self, what: str, look: Callable[[], T | None]) -> T:
        return self._children.wait_for(what, look, within_s=_STAGE_WITHIN_S)
