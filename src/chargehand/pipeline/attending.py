"""Mutes, snoozes and reminders, as commands of those they concern."""

from datetime import datetime, timedelta
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.commands.administration import HERE, ME
from chargehand.commands.moments import read_moment
from chargehand.decisions.markdown import code, escape_markdown, shown
from chargehand.domain.attention import (
    Quiet,
    QuietKind,
    QuietScope,
    Reminder,
)
from chargehand.domain.ids import MemberId, ProjectKey, ReminderId
from chargehand.domain.permission import Permission
from chargehand.kit.ids import new_id
from chargehand.pipeline.caller import Call, CommandReply, Outcome
from chargehand.policy.permissions import roles_with

MOST_QUIETS: Final = 50
MOST_REMINDERS: Final = 50
_MUTE_LASTS: Final = timedelta(days=7)
_SNOOZE_LASTS: Final = timedelta(hours=2)
_LONGEST_QUIET: Final = timedelta(days=90)
_LONGEST_REMINDER: Final = timedelta(days=366)
_LONGEST_TEXT: Final = 500
Scope = tuple[QuietScope, str]


def run_mute(call: Call) -> CommandReply:
    """Keep unasked messages away from a member, a channel, a ticket or a project."""
    scope = _scope_of(call, call.argument("what"))
    if isinstance(scope, str):
        return call.reply(Outcome.ILLEGAL, scope)
    return _be_quiet(call, QuietKind.MUTE, scope, lasts=_MUTE_LASTS)


def run_snooze(call: Call) -> CommandReply:
    """Keep unasked messages to the caller until later."""
    scope = _scope_of(call, ME)
    if isinstance(scope, str):
        return call.reply(Outcome.ILLEGAL, scope)
    return _be_quiet(call, QuietKind.SNOOZE, scope, lasts=_SNOOZE_LASTS)


def run_unmute(call: Call) -> CommandReply:
    """End the mute and the snooze on something; of the caller, where nothing is named."""
    scope = _scope_of(call, call.argument("what") or ME)
    if isinstance(scope, str):
        return call.reply(Outcome.ILLEGAL, scope)
    ended = call.tx.attention.end_quiets(*scope, now=call.now)
    if not ended:
        return call.reply(Outcome.UNCHANGED, f"Nothing is muted or snoozed for {_told(scope)}.")
    if scope[0] is QuietScope.MEMBER:
        # What subscriptions held back for its sake need not wait for its end.
        call.tx.subscriptions.release(MemberId(scope[1]))
    _record(call, AuditTag.PERSON_QUIET_ENDED, scope)
    return call.reply(Outcome.DONE, f"Unasked messages come again for {_told(scope)}.")


def run_remind(call: Call) -> CommandReply:
    """Keep some words until a moment, for the caller or for everybody here."""
    is_here = call.argument("whom") == HERE
    caller = call.caller
    if not is_here and caller.member is None:
        return call.reply(Outcome.ILLEGAL, no_member("reminder"))
    if is_here and caller.place is None and caller.work_item is None:
        return call.reply(
            Outcome.ILLEGAL,
            "“here” is a channel or a ticket, and this is said in neither; name a work item, or "
            "say it there.",
        )
    due = moment_of(call, call.argument("when"), longest=_LONGEST_REMINDER)
    if isinstance(due, str):
        return call.reply(Outcome.UNCLEAR, due)
    if call.tx.attention.count_waiting_reminders(caller.by) >= MOST_REMINDERS:
        text = f"{MOST_REMINDERS} reminders of yours wait already, which is the most there can be."
        return call.reply(Outcome.ILLEGAL, text)
    text = call.argument("text")
    if len(text) > _LONGEST_TEXT:
        told = f"A reminder has at most {_LONGEST_TEXT} characters; this one has {len(text)}."
        return call.reply(Outcome.UNCLEAR, told)
    reminder = _reminder(call, text, due, is_here=is_here)
    call.tx.attention.add_reminder(reminder, now=call.now)
    call.tx.audit.append(
        AuditTag.PERSON_REMINDER_SET, reminder.id, {"by": caller.by, **_surface(call)}, now=call.now
    )
    whom = "everybody here" if is_here else "you"
    told = f"I remind {whom} on {call.when(due)}: {shown(text, _LONGEST_TEXT)}"
    return call.reply(Outcome.DONE, told)


def _be_quiet(call: Call, kind: QuietKind, scope: Scope, *, lasts: timedelta) -> CommandReply:
    phrase = call.argument("until")
    ends = moment_of(call, phrase, longest=_LONGEST_QUIET) if phrase else call.now + lasts
    if isinstance(ends, str):
        return call.reply(Outcome.UNCLEAR, ends)
    attention = call.tx.attention
    attention.drop_ended_quiets(now=call.now)
    if attention.count_quiets(call.caller.by, now=call.now) >= MOST_QUIETS:
        text = f"{MOST_QUIETS} mutes of yours are in force; end one with {code('unmute')} first."
        return call.reply(Outcome.ILLEGAL, text)
    quiet = Quiet(kind, *scope, ends_at=ends, set_at=call.now, set_by=call.caller.by)
    attention.set_quiet(quiet, call.caller.person, now=call.now)
    _record(call, AuditTag.PERSON_QUIET_SET, scope, kind=kind)
    until = f"until {call.when(ends)}"
    undo = code(f"unmute {call.argument('what')}".strip())
    if kind is QuietKind.SNOOZE:
        return call.reply(Outcome.DONE, f"Unasked messages wait {until}. {undo} ends that.")
    told = f"No unasked messages for {_told(scope)} {until}; answers still come."
    return call.reply(Outcome.DONE, f"{told} {undo} ends that.")


def _scope_of(call: Call, what: str) -> Scope | str:
    """What a mute is about; a sentence where it is about nothing that is here."""
    caller = call.caller
    if what == ME:
        member = caller.member
        return (QuietScope.MEMBER, member.id) if member is not None else no_member("mute of “me”")
    if what == HERE and caller.channel is not None:
        return QuietScope.CHANNEL, caller.channel
    if caller.work_item is not None:
        return QuietScope.WORK_ITEM, caller.work_item
    if what == HERE and caller.is_operator and len(caller.projects) == 1:
        return _whole_project(call, next(iter(caller.projects)))
    if what == HERE:
        return "“here” is a channel, a ticket or a project, and this is said in none; name one."
    return "“this ticket” is a work item, and this is said on none; name it, or say it there."


def _whole_project(call: Call, project: ProjectKey) -> Scope | str:
    """A project as what a mute is about, for who may keep messages from everybody there."""
    caller = call.caller
    # A key that acts for nobody says by its scope what it is for.
    if caller.operator or caller.may(Permission.FLAG_SET, project):
        return QuietScope.PROJECT, project
    roles = ", ".join(roles_with(Permission.FLAG_SET))
    return (
        f"A whole project is muted by who has one of these roles in it: {roles}. Mute yourself or "
        "a work item."
    )


def _told(scope: Scope) -> str:
    match scope[0]:
        case QuietScope.MEMBER:
            return "you"
        case QuietScope.CHANNEL:
            return "this channel"
        case QuietScope.WORK_ITEM | QuietScope.PROJECT:
            return escape_markdown(scope[1])


def moment_of(call: Call, phrase: str, *, longest: timedelta) -> datetime | str:
    """The moment a phrase means; a sentence where it is over, or too far away."""
    moment = read_moment(phrase)
    if moment is None:
        return f"“{shown(phrase)}” is no time; say for 2h, until Monday, on 2026-12-01 at 15:00."
    found = moment.resolve(call.now, zone=call.zone, day_starts=call.deps.hours.starts_at)
    if found is None:
        return f"“{shown(phrase)}” is over already; it is {call.when(call.now)}."
    if found - call.now > longest:
        return f"“{shown(phrase)}” is more than {longest.days} days away, which is the most."
    return found


def _reminder(call: Call, text: str, due: datetime, *, is_here: bool) -> Reminder:
    caller, place = call.caller, call.caller.place
    return Reminder(
        id=ReminderId(new_id("rmd", call.now)),
        person=caller.person,
        is_here=is_here,
        channel=caller.channel,
        thread_id=place.thread_id if place is not None else None,
        project=_only(caller.projects),
        work_item=caller.work_item,
        text=text,
        due_at=due,
        set_at=call.now,
        set_by=caller.by,
        fired_at=None,
    )


def _only(projects: frozenset[ProjectKey]) -> ProjectKey | None:
    return next(iter(projects)) if len(projects) == 1 else None


def no_member(what: str) -> str:
    """Why something can not be set up by what is no member."""
    return (
        f"A {what} is a person's, and a key or the command line is none; say it in a chat or a "
        "comment, from your own account."
    )


def _record(call: Call, tag: AuditTag, scope: Scope, *, kind: QuietKind | None = None) -> None:
    body = {"by": call.caller.by, "scope": scope[0].value, **_surface(call)}
    if kind is not None:
        body["kind"] = kind.value
    # A member is known by an id that tells nothing once they are erased; a channel is the vendor's.
    call.tx.audit.append(tag, f"{scope[0].value}:{scope[1]}", body, now=call.now)


def _surface(call: Call) -> dict[str, str]:
    return {"via": call.caller.surface.value}
