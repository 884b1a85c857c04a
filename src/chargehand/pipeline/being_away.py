"""`away`, `back` and `mine` as lines of those they concern."""

from typing import Final

from chargehand.decisions.markdown import code, shown
from chargehand.domain.member import Member
from chargehand.domain.permission import Permission
from chargehand.domain.vote import MEMBER
from chargehand.pipeline.absences import LONGEST, come_back, go_away
from chargehand.pipeline.approvals_awaited import page_needing
from chargehand.pipeline.attending import moment_of, no_member
from chargehand.pipeline.caller import Call, Caller, CommandReply, Outcome
from chargehand.pipeline.deciding_by_line import action_words
from chargehand.pipeline.members import find_member
from chargehand.policy.permissions import rights_of_roles

_MOST_SHOWN: Final = 20
_DECIDE: Final = Permission.APPROVAL_DECIDE


def run_away(call: Call) -> CommandReply:
    """Be away from now on until a moment; a deputy may decide meanwhile."""
    member = call.caller.rightful_member
    if member is None:
        return call.reply(Outcome.ILLEGAL, no_member("time away"))
    until = moment_of(call, call.argument("until"), longest=LONGEST)
    if isinstance(until, str):
        return call.reply(Outcome.UNCLEAR, until)
    named = call.argument("deputy")
    if named and not _may_name_deputy(call.caller, member):
        text = (
            f"Naming a deputy takes the permission {code(_DECIDE)} wherever you "
            "may decide, which this API key does not hold; leave the deputy out, or sign in."
        )
        return call.reply(Outcome.REFUSED, text)
    deputy = find_member(call.tx, named) if named else None
    go_away(
        call.tx,
        member.id,
        starts_at=call.now,
        ends_at=until,
        deputy_id=deputy.id if deputy is not None else None,
        by=call.caller.by,
        now=call.now,
    )
    instead = (
        f"{shown(deputy.name)} may decide in your place"
        if deputy is not None
        else "nobody decides in your place"
    )
    text = f"You are away until {call.when(until)}; {instead}. Say {code('back')} to end it."
    return call.reply(Outcome.DONE, text)


def _may_name_deputy(caller: Caller, member: Member) -> bool:
    """Whether somebody may let another decide: no key gives away more than it may do itself."""
    held, own = caller.held, rights_of_roles(member.roles)
    if caller.rights is None or held == own:
        return True
    decided = (one for one in (None, *own.in_projects) if own.allows(_DECIDE, one))
    return held.allows_somewhere(_DECIDE) and all(held.allows(_DECIDE, one) for one in decided)


def run_back(call: Call) -> CommandReply:
    """Be back, and take back what was said of times to come."""
    member = call.caller.rightful_member
    if member is None:
        return call.reply(Outcome.ILLEGAL, no_member("time away"))
    if not come_back(call.tx, member.id, by=call.caller.by, now=call.now):
        return call.reply(Outcome.UNCHANGED, "You are not away.")
    return call.reply(Outcome.DONE, "Welcome back; from now on nobody decides in your place.")


def run_mine(call: Call) -> CommandReply:
    """What waits for the caller's vote, and may be told of here."""
    member = call.caller.rightful_member
    if member is None:
        return call.reply(Outcome.ILLEGAL, no_member("vote"))
    page = page_needing(
        call.tx, f"{MEMBER}{member.id}", cursor=None, limit=_MOST_SHOWN, now=call.now
    )
    actions = call.tx.actions.find_many(one.action_id for one in page.items)
    lines = [
        f"- {code(one.short_id)}: {action_words(call, action)}, until {call.when(one.expires_at)}"
        for one in page.items
        if (action := actions.get(one.action_id)) is not None
        and action.project in call.caller.projects
    ]
    if not lines:
        return call.reply(Outcome.DONE, "Nothing waits for you here.")
    more = ["", "There may be more."] if page.next_cursor is not None else []
    return call.reply(Outcome.DONE, "\n".join(["These wait for you:", "", *lines, *more]))
