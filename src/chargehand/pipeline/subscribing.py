"""`subscribe`, `unsubscribe` and `subscriptions`: what somebody hears of without having asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.commands.administration import THIS_TICKET
from chargehand.decisions.catalogue import listed_with_and
from chargehand.decisions.markdown import code, shown
from chargehand.decisions.placement import TELLS_ALONE
from chargehand.domain.action import ActionState, Mode
from chargehand.domain.attention import Person, Subscription, Topic
from chargehand.domain.ids import ProjectKey, WorkItemKey
from chargehand.domain.keys import project_of_key
from chargehand.domain.member import Identity, Member
from chargehand.domain.policy import Cause, Origin
from chargehand.pipeline.attending import no_member
from chargehand.pipeline.caller import Call, CommandReply, Outcome
from chargehand.pipeline.ruling import rulings

MOST_SUBSCRIPTIONS: Final = 100
_MOST_PROJECTS: Final = 20
_SENT: Final = frozenset({ActionState.EXECUTED})
_UNDER_WAY: Final = frozenset({ActionState.APPROVED, ActionState.EXECUTING, ActionState.WAITING})
_WHICH: Final = (
    f"Say what you want to hear of: {code('subscribe PAY-7')} for one work item, or "
    f"{listed_with_and([code(f'subscribe {one}') for one in Topic if one is not Topic.CHANGES])} "
    "for the projects here."
)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a line names; `item` is None for a topic of the projects of the place."""

    topic: Topic
    item: WorkItemKey | None = None

    @property
    def name(self) -> str:
        """What stands behind `subscribe`."""
        return self.item or self.topic.value


def run_subscribe(call: Call) -> CommandReply:
    """Have the caller told privately of a work item's changes, or of a topic here."""
    member, wanted = call.caller.member, _wanted(call)
    if member is None:
        return call.reply(Outcome.ILLEGAL, no_member("subscription"))
    if wanted is None:
        return call.reply(Outcome.UNCLEAR, _WHICH)
    projects = _projects_of(call, wanted)
    chat = _chat_of(call, member, projects) if projects else _not_served(call, wanted)
    if isinstance(chat, str):
        return call.reply(Outcome.ILLEGAL, chat)
    known = call.tx.subscriptions.of_member(member.id)
    if len(known) + len(projects) > MOST_SUBSCRIPTIONS:
        text = f"You hear of {len(known)} things already; {MOST_SUBSCRIPTIONS} is the most."
        return call.reply(Outcome.ILLEGAL, f"{text} {code('subscriptions')} lists them.")
    person = Person(member.id, chat.connection_id, chat.account_id)
    new = [one for one in projects if _add(call, person, member, wanted, one)]
    told = _told(call, wanted, projects, chat)
    if not new:
        return call.reply(Outcome.UNCHANGED, f"You subscribed to that before. {told}")
    _note(call, member, "begun", wanted.topic.value)
    return call.reply(Outcome.DONE, told)


def run_unsubscribe(call: Call) -> CommandReply:
    """End one subscription of the caller, or all of them."""
    member, wanted = call.caller.member, _wanted(call)
    if member is None:
        return call.reply(Outcome.ILLEGAL, no_member("subscription"))
    is_named = bool(call.argument("topic") or call.argument("key"))
    if is_named and wanted is None:
        return call.reply(Outcome.UNCLEAR, _WHICH)
    writer, what = call.tx.subscriptions, "anything"
    if wanted is None or not is_named:
        ended, topic = writer.end_all(member.id), "all"
    elif wanted.item is not None:
        ended, topic, what = writer.end_item(member.id, wanted.item), "changes", shown(wanted.item)
    else:
        ended = writer.end(member.id, wanted.topic, call.caller.projects)
        topic, what = wanted.topic.value, f"{wanted.topic.value} here"
    if not ended:
        text = f"You had no subscription to {what}; {code('subscriptions')} lists them."
        return call.reply(Outcome.UNCHANGED, text)
    _note(call, member, "ended", topic)
    return call.reply(Outcome.DONE, f"You no longer hear of {what}.")


def run_subscriptions(call: Call) -> CommandReply:
    """What the caller hears of, and what of it can not be told."""
    member = call.caller.member
    if member is None:
        return call.reply(Outcome.ILLEGAL, no_member("subscription"))
    known = call.tx.subscriptions.of_member(member.id)
    if not known:
        text = f"You hear of nothing unasked; {code('subscribe PAY-7')} changes that."
        return call.reply(Outcome.DONE, text)
    lines = [f"- {line}" for one in known for line in _listed(call, one)]
    ending = f"{code('unsubscribe')} ends all of it, {code('unsubscribe PAY-7')} one."
    return call.reply(Outcome.DONE, "\n".join(["You hear of:", "", *lines, "", ending]))


def _wanted(call: Call) -> _Wanted | None:
    """What the line names, the ticket it is said on where it names nothing; None for neither."""
    topic, key = call.argument("topic"), call.argument("key")
    if topic and key:
        return None
    if topic and topic != THIS_TICKET:
        return _Wanted(Topic(topic))
    item = WorkItemKey(key) if key else call.caller.work_item
    return _Wanted(Topic.CHANGES, item) if item is not None else None


def _projects_of(call: Call, wanted: _Wanted) -> list[ProjectKey]:
    if wanted.item is None:
        return sorted(call.caller.projects)[:_MOST_PROJECTS]
    project = project_of_key(wanted.item)
    return [project] if project in call.caller.projects else []


def _not_served(call: Call, wanted: _Wanted) -> str:
    served = ", ".join(sorted(call.caller.projects))
    if wanted.item is None or not served:
        return "No project is served here, so there is nothing to hear."
    return f"{shown(wanted.item)} is of no project that is served here; served: {served}."


def _chat_of(call: Call, member: Member, projects: Sequence[ProjectKey]) -> Identity | str:
    """The account that can be written to alone; a sentence why there is none."""
    chats = call.deps.chats
    names = ", ".join(sorted(chats)) or "none"
    desk = call.deps.members
    identities = desk.identities_of(call.tx, member.id) if desk is not None else ()
    mine = [one for one in identities if one.carries_rights and one.connection_id in chats]
    # Where it is said comes first, so that people hear of it where they asked for it.
    mine.sort(key=lambda one: one.connection_id != call.caller.connection_id)
    fitting = [one for one in mine if set(projects) <= chats[one.connection_id].projects]
    if fitting and any(member.roles_in(one) for one in projects):
        return fitting[0]
    if not mine:
        return (
            "It could not be delivered, so nothing was stored: I tell it in a private message, and "
            f"no account of yours in a chat is confirmed (chats: {names}). Say "
            f"{code('whoami CODE')} there with a code, or ask an operator to confirm it."
        )
    if not fitting:
        return (
            "It could not be delivered, so nothing was stored: none of your chats serves "
            f"{', '.join(projects)}. An operator can bind a channel to it."
        )
    return (
        f"Nothing was stored: you have no role in {', '.join(projects)}, and only those who have "
        "one are told of it privately. Ask an admin of the team for one."
    )


def _add(call: Call, person: Person, member: Member, wanted: _Wanted, project: ProjectKey) -> bool:
    one = Subscription(member.id, wanted.topic, project, call.now, work_item=wanted.item)
    return call.tx.subscriptions.add(one, person, now=call.now)


def _told(call: Call, wanted: _Wanted, projects: Sequence[ProjectKey], chat: Identity) -> str:
    """What is told, where and when, with what keeps it from being told."""
    if wanted.item is not None:
        what = (
            f"changes of status, assignee and resolution of {shown(wanted.item)} and comments by "
            "others on it, for as long as you may read it"
        )
    else:
        what = f"{wanted.topic.value} in {listed_with_and(projects)}"
    connector = call.deps.chats[chat.connection_id].connector
    policy, kind, cause = rulings(call.tx), TELLS_ALONE[connector], Cause(origin=Origin.SCHEDULE)
    modes = {policy.on_kind(kind, project, cause=cause, now=call.now).mode for project in projects}
    hint = ""
    if Mode.SIMULATE in modes:
        hint = f" Now {code(kind.value)} is only simulated, so nothing arrives until that changes."
    elif Mode.APPROVE in modes:
        hint = " Somebody approves each message first."
    stop = code(f"unsubscribe {wanted.name}")
    return (
        f"I tell you in a private message on {chat.connection_id}, bundled and in your working "
        f"hours: {what}.{hint} {stop} ends it."
    )


def _listed(call: Call, one: Subscription) -> Iterator[str]:
    """One line of the list; why nothing comes, where nothing does."""
    if one.work_item is not None:
        what = f"changes of {shown(one.work_item)}"
    else:
        what = f"{one.topic.value} in {shown(one.project) if one.project else 'every project'}"
    yield f"{what}, since {call.when(one.since)}{_standing(call, one)}"


def _standing(call: Call, one: Subscription) -> str:
    if one.stopped_at is not None:
        return (
            f"; not told since {call.when(one.stopped_at)}, because you can not read it any more "
            "or no confirmed chat account of yours is left"
        )
    action = call.tx.actions.find(one.last_action_id) if one.last_action_id else None
    if action is None or action.state in _SENT:
        return ""
    if action.state in _UNDER_WAY:
        return "; the last message is not sent yet"
    why = f" ({shown(action.problem)})" if action.problem else ""
    return f"; the last message was not delivered: {action.state.value}{why}"


def _note(call: Call, member: Member, change: str, topic: str) -> None:
    body = {"by": call.caller.by, "change": change, "topic": topic}
    call.tx.audit.append(AuditTag.PERSON_SUBSCRIPTION_CHANGED, member.id, body, now=call.now)
