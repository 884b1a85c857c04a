"""The second act of the demo: a change waits, and is approved in the fake Slack.

Fault
├── NotShownInChat    the change that waits is not in the channel
└── NotDoneFromChat   the button was pressed, and the change was not made
"""

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from chargehand.cli.asking import is_terminal
from chargehand.cli.children import Children
from chargehand.cli.demo_clients import ServerClient, SiteClient
from chargehand.cli.demo_story import AuditBroken, Progress, Told
from chargehand.cli.live_view import LiveView, Stage, Tone
from chargehand.cli.loopback import Loopback
from chargehand.cli.seen import SeenStep, SeenTrace, read_seen
from chargehand.domain.errors import Fault

T = TypeVar("T")
_ASKER: Final = "Mei Tanaka"
APPROVER: Final = "Ana Ruiz"
_WORK_ITEM: Final = "PAY-7"
_WISH: Final = "assign to me"
_WITHIN_S: Final = 20.0
_SETTLED: Final = frozenset({"executed", "failed", "rejected", "expired", "unknown", "simulated"})


class NotShownInChat(Fault):
    """The change that waits is not in the channel."""

    code = "demo_not_shown_in_chat"
    template = "The change is not shown in #{channel}: {reasoning}"


class NotDoneFromChat(Fault):
    """The button was pressed, and the change was not made."""

    code = "demo_not_done_from_chat"
    template = "The approved change was not made: the action is {state}{problem}."


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the bot, with its buttons."""

    ts: str
    text: str
    labels: tuple[str, ...]


class ChatClient:
    """The fake Slack, by its control API."""

    def __init__(self, url: str) -> None:
        self._http = Loopback(url)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send_webhooks_to(self, url: str, *, secret: str) -> None:
        """Tell this address, signed, what happens from now on."""
        self._http.send(
            "PUT", "/__fake__/webhooks/targets", {"targets": [{"url": url, "secret": secret}]}
        )

    def account_of(self, name: str) -> str:
        """The account of somebody in the workspace."""
        return next(one.id for one in self._state().people if one.name == name)

    def newest(self, channel_id: str) -> Message | None:
        """The newest message of the bot in a channel; None before the first."""
        found = next(one for one in self._state().channels if one.id == channel_id)
        ours = [one.raw for one in found.messages if one.raw.get("bot_id")]
        return _message(ours[-1]) if ours else None

    def press(self, label: str, message: Message, *, channel_id: str, user: str) -> None:
        """Somebody presses a button under a message."""
        body = {"channel": channel_id, "ts": message.ts, "user": user, "label": label}
        self._http.send("POST", "/__fake__/presses", body)

    def open_form(self) -> str | None:
        """The form that is open, by its title; None while there is none."""
        views = self._state().views
        return _title(views[-1].raw) if views else None

    def submit_form(self, *, user: str) -> None:
        """Somebody sends the form that is open as it is."""
        self._http.send("POST", "/__fake__/submissions", {"user": user, "values": {}})

    def is_quiet(self) -> bool:
        """Whether everything that happened was told."""
        sent = read_seen(self._http.get("/__fake__/webhooks"), _Sendings).messages
        return all(one.state != "pending" for one in sent)

    def _state(self) -> "_State":
        return read_seen(self._http.get("/__fake__/state"), _State)


class ChatStory:
    """One change on its way through Jira, Slack, and back."""

    def __init__(
        self,
        view: LiveView,
        children: Children,
        *,
        server: ServerClient,
        site: SiteClient,
        chat: ChatClient,
        channel: "Channel",
        bot: str,
        progress: Progress,
    ) -> None:
        self._view = view
        self._children = children
        self._server = server
        self._site = site
        self._chat = chat
        self._channel = channel
        self._bot = bot
        self._progress = progress

    def tell(self) -> Told:
        """From the comment to the approved change and the verified audit chain.

        Raises: NotShownInChat, NotDoneFromChat, AuditBroken, ChildEnded, WaitedTooLong,
        CallFailed, AnswerUnreadable.
        """
        self._view.title(
            f"{_ASKER} asks for a change of {_WORK_ITEM}; #{self._channel.name} decides"
        )
        trace = self._ask()
        message = self._shown(trace)
        label = self._choose()
        self._progress.doing = "pressing a button in the fake Slack"
        self._chat.press(label, message, channel_id=self._channel.id, user=APPROVER)
        if label == "Reject":
            self._give_no_reason()
        step = self._decided(trace)
        self._view.stage(_effect(step, label))
        if label == "Approve" and step.action.state != "executed":
            problem = f" ({step.action.problem})" if step.action.problem else ""
            raise NotDoneFromChat(state=step.action.state, problem=problem)
        edited = self._wait("The edited message", self._without_buttons)
        self._view.stage(
            Stage("slack", "the same message now:", box=edited.text, after=("no buttons any more",))
        )
        self._progress.doing = "waiting for what Jira and Slack tell of it, too"
        with self._view.waiting("both tell of what was changed, too"):
            self._wait("The end of all that", self._is_quiet)
        self._progress.doing = "verifying the audit chain"
        verified = self._server.verify_audit()
        if not verified.is_intact:
            raise AuditBroken(records=verified.records)
        return Told(trace.event.id, verified.records)

    def _ask(self) -> SeenTrace:
        self._progress.doing = "asking for a change"
        body = f"[~accountid:{self._bot}] {_WISH}"
        before = self._server.newest_delivery()
        self._site.comment(_WORK_ITEM, author=_ASKER, body=body)

        def arrived() -> SeenTrace | None:
            newest = self._server.newest_delivery()
            if newest is None or (before is not None and newest.id == before.id):
                return None
            trace = self._server.trace(newest.id)
            return trace if trace.decisions else None

        with self._view.waiting("Jira tells of the comment, a change is proposed"):
            trace = self._wait("The decision", arrived)
        reasoning = trace.decisions[0].reasoning
        self._view.stage(Stage("decision", f"“{_WISH}”: {reasoning}"))
        return trace

    def _shown(self, trace: SeenTrace) -> Message:
        self._progress.doing = "waiting for the message in the fake Slack"
        if not any(step.approval is not None for step in trace.actions):
            reasoning = trace.decisions[0].reasoning
            raise NotShownInChat(channel=self._channel.name, reasoning=reasoning)

        def with_buttons() -> Message | None:
            newest = self._chat.newest(self._channel.id)
            return newest if newest is not None and newest.labels else None

        with self._view.waiting("the question is posted"):
            message = self._wait("The message", with_buttons)
        buttons = "  ".join(f"[{label}]" for label in message.labels)
        self._view.stage(
            Stage(
                "slack",
                f"#{self._channel.name}, exactly this:",
                box=message.text,
                after=(buttons,),
                tone=Tone.WAITING,
            )
        )
        return message

    def _choose(self) -> str:
        if not is_terminal():
            self._view.say(f"There is no terminal to ask on, so {APPROVER} presses Approve.")
            return "Approve"
        try:
            answer = self._view.ask(f"Press Approve as {APPROVER}? [Y/n]").casefold()
        except EOFError:
            answer = "n"
        return "Approve" if answer in ("", "y", "yes") else "Reject"

    def _give_no_reason(self) -> None:
        self._progress.doing = "waiting for the form that asks why"
        with self._view.waiting("a form asks why"):
            title = self._wait("The form", self._chat.open_form)
        headline = f"a form opens, {title}; {APPROVER} sends it without a reason"
        self._view.stage(Stage("slack", headline))
        self._chat.submit_form(user=APPROVER)

    def _decided(self, trace: SeenTrace) -> SeenStep:
        self._progress.doing = "waiting for what the button does"

        def ended() -> SeenStep | None:
            steps = self._server.trace(trace.event.id).actions
            step = next(one for one in steps if one.approval is not None)
            return step if step.action.state in _SETTLED else None

        with self._view.waiting("the button is heard"):
            return self._wait("The change", ended)

    def _without_buttons(self) -> Message | None:
        newest = self._chat.newest(self._channel.id)
        return newest if newest is not None and not newest.labels else None

    def _is_quiet(self) -> bool | None:
        """Whether nothing is on its way any more, neither to the server nor inside it."""
        is_told = self._site.is_quiet() and self._chat.is_quiet()
        return True if is_told and self._server.has_nothing_waiting() else None

    def _wait(self, what: str, look: Callable[[], T | None]) -> T:
        return self._children.wait_for(what, look, within_s=_WITHIN_S)


@dataclass(frozen=True, slots=True)
class Channel:
    """The channel where approvals are asked for."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class _Person:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class _Message:
    raw: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Channel:
    id: str
    messages: tuple[_Message, ...]


@dataclass(frozen=True, slots=True)
class _Sending:
    state: str


@dataclass(frozen=True, slots=True)
class _Sendings:
    messages: tuple[_Sending, ...]


@dataclass(frozen=True, slots=True)
class _Form:
    raw: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _State:
    people: tuple[_Person, ...]
    channels: tuple[_Channel, ...]
    views: tuple[_Form, ...]


def _effect(step: SeenStep, label: str) -> Stage:
    effect = step.effect
    lines = (effect.url,) if effect is not None and effect.url else ()
    is_done = step.action.state == "executed"
    tone = Tone.GOOD if is_done or label == "Reject" else Tone.BAD
    headline = f"{APPROVER} pressed {label}: {step.action.kind} is {step.action.state}"
    return Stage("effect", headline, lines, tone=tone)


def _message(raw: Mapping[str, object]) -> Message:
    # Slack shows what is escaped as the sign it stands for.
    text = html.unescape(str(raw.get("text", "")))
    return Message(str(raw["ts"]), text, tuple(_labels(raw.get("blocks"))))


def _title(raw: Mapping[str, object]) -> str:
    title = raw.get("title")
    return str(title.get("text", "")) if isinstance(title, Mapping) else ""


def _labels(blocks: object) -> list[str]:
    rows = (block.get("elements", ()) for block in (blocks if isinstance(blocks, list) else ()))
    elements = (element for row in rows for element in row)
    return [str(one["text"]["text"]) for one in elements if one.get("type") == "button"]
