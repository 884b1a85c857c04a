"""What is wrong with a policy for the team it is meant for, though it can be read."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from chargehand.domain.action import Mode
from chargehand.domain.ids import MemberId, ProjectKey
from chargehand.domain.member import Member, Role
from chargehand.domain.policy import Approvers, Risk
from chargehand.policy.compiled import CompiledPolicy, RuledRule
from chargehand.policy.conditions import BY_NAME
from chargehand.policy.document import PolicyDocument, WrittenRule
from chargehand.policy.risks import RISK_OF
from chargehand.policy.sieves import texts_of

_STRICTNESS: Final = {Mode.SIMULATE: 0, Mode.APPROVE: 1, Mode.AUTO: 2}
_MOST_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; a policy with an error is refused, one with a warning is not.

    Shape: `rule` is empty for what is about the whole policy.
    """

    is_error: bool
    rule: str
    text: str


def check_for_team(
    policy: CompiledPolicy, team: Sequence[Member], projects: Collection[ProjectKey]
) -> tuple[Finding, ...]:
    """Everything that is wrong for a team, errors first.

    Shape: `team` includes those who left; `projects` are those that are served.
    """
    document = policy.document
    places = sorted({*projects, *document.projects})
    found = [
        *_about_admins(team),
        *_about_members(document, team),
        *(one for place in places for one in _about_approvals(policy, team, place)),
        *_about_order(document),
        *_about_projects(document, projects),
    ]
    unique = dict.fromkeys(found)
    return tuple(sorted(unique, key=lambda one: not one.is_error))


def _about_admins(team: Sequence[Member]) -> Iterator[Finding]:
    if not any(Role.ADMIN in _roles(member) for member in _living(team)):
        yield Finding(
            is_error=True,
            rule="",
            text="No member has the role admin, so nobody could mend this policy from a chat or by "
            "REST. Add one: `chargehand members add NAME --role admin`.",
        )


def _about_members(document: PolicyDocument, team: Sequence[Member]) -> Iterator[Finding]:
    known = {member.id: member for member in team}
    listed: list[tuple[str, MemberId]] = [
        (f"cohort {name}", one) for name, ids in document.cohorts.items() for one in sorted(ids)
    ]
    for rule, ids in _named_approvers(document):
        listed += [(rule, one) for one in sorted(ids)]
    for where, member_id in listed:
        member = known.get(member_id)
        if member is None:
            text = f"{member_id} is no member. `chargehand members list` shows the ids."
            yield Finding(is_error=True, rule=where, text=text)
        elif member.left_at is not None:
            text = f"{member_id} ({member.name}) has left the team and does not count."
            yield Finding(is_error=False, rule=where, text=text)


def _named_approvers(document: PolicyDocument) -> Iterator[tuple[str, frozenset[MemberId]]]:
    sections = [("", document.organization)]
    sections += [(f"projects.{key}.", one) for key, one in document.projects.items()]
    for prefix, section in sections:
        parts = [(f"{prefix}defaults", section.defaults)]
        parts += [(rule.name, rule.given) for rule in section.rules]
        for name, given in parts:
            if given.approvers is not None and given.approvers.members:
                yield name, given.approvers.members


def _about_approvals(
    policy: CompiledPolicy, team: Sequence[Member], project: ProjectKey
) -> Iterator[Finding]:
    """Approvals that could wait for ever, or that whoever asks gives to themselves."""
    for one in policy.ruled_in(project):
        if one.rule.mode is Mode.SIMULATE:
            continue
        may = deciders(one.given.approvers, team, project)
        problem = _incompletable(one, may, team, project)
        if problem is not None:
            is_error, text = problem
            # A rule that sends asks people only where it is held back.
            yield Finding(is_error and one.rule.mode is Mode.APPROVE, one.rule.name, text)
        yield from _about_self_approval(one)


def _incompletable(
    one: RuledRule, may: frozenset[MemberId], team: Sequence[Member], project: ProjectKey
) -> tuple[bool, str] | None:
    approvers = one.given.approvers
    needs = f"it takes {approvers.quorum} of {who(approvers)}"
    if len(may) < approvers.quorum:
        return True, f"Nobody could complete its approvals in {project}: {needs}, {len(may)} exist."
    if not approvers.excludes_requester:
        return None
    asking = requesters(one.rule, team, project)
    stuck = [member for member in may if len(may - {member}) < approvers.quorum]
    names = named(stuck, team)
    if asking is not None and asking and asking <= set(stuck):
        told = f"only {named(asking, team)} can ask, who do not decide about their own"
        return True, f"Nobody could complete its approvals in {project}: {needs}, and {told}."
    if stuck and (asking is None or asking & set(stuck)):
        return False, f"What {names} asks for in {project} could not be approved: {needs}."
    return None


def _about_self_approval(one: RuledRule) -> Iterator[Finding]:
    approvers = one.given.approvers
    if approvers.excludes_requester or approvers.quorum > 1:
        return
    is_grave = any(RISK_OF[kind] in (Risk.HARD_TO_UNDO, Risk.SECRET) for kind in one.kinds)
    said = one.rule.given.approvers
    if is_grave and said is not None and said.excludes_requester is False:
        yield Finding(
            is_error=True,
            rule=one.rule.name,
            text="It lets whoever asks approve their own, also of what is hard to undo. Take out "
            "excludes_requester = false, raise the quorum, or narrow it to risk = "
            '["read", "reversible"].',
        )
    else:
        text = "Whoever asks may approve their own (excludes_requester is false)."
        yield Finding(is_error=False, rule=one.rule.name, text=text)


def _about_order(document: PolicyDocument) -> Iterator[Finding]:
    for section in (document.organization, *document.projects.values()):
        for n, rule in enumerate(section.rules):
            later = section.rules[n + 1 :]
            if not rule.when and later:
                names = ", ".join(repr(one.name) for one in later[:_MOST_NAMED])
                text = f"It always holds, so the rules after it never decide: {names}."
                yield Finding(is_error=False, rule=rule.name, text=text)
            yield from _about_unknown(rule, later)


def _about_unknown(rule: WrittenRule, later: Sequence[WrittenRule]) -> Iterator[Finding]:
    """A strict rule does not catch what is not known, which then goes on to a laxer one."""
    unsure = [name for name in rule.when if not BY_NAME[name].is_always_known]
    laxer = [one for one in later if _STRICTNESS[one.mode] > _STRICTNESS[rule.mode]]
    if unsure and laxer:
        yield Finding(
            is_error=False,
            rule=rule.name,
            text=f"Where {', '.join(unsure)} is not known it does not hold, and {laxer[0].name!r} "
            f"may decide with {laxer[0].mode.value}. Turn it round: let the laxer rule name what "
            "has to be known.",
        )


def _about_projects(
    document: PolicyDocument, projects: Collection[ProjectKey]
) -> Iterator[Finding]:
    named = set(document.projects)
    for rule in document.organization.rules:
        named |= {ProjectKey(key) for key in texts_of(rule.when.get("project"))}
    for key in sorted(named - set(projects)):
        served = ", ".join(sorted(projects)) or "none"
        text = f"The project {key} is not served (served: {served})."
        yield Finding(is_error=False, rule="", text=text)


def deciders(
    approvers: Approvers, team: Sequence[Member], project: ProjectKey
) -> frozenset[MemberId]:
    """The members who decide in a project in their own right."""
    return frozenset(
        member.id
        for member in _living(team)
        if member.id in approvers.members or approvers.roles & member.roles_in(project)
    )


def requesters(
    rule: WrittenRule, team: Sequence[Member], project: ProjectKey
) -> set[MemberId] | None:
    """The members a rule is for; None where anybody may ask."""
    if "requester_roles" not in rule.when:
        return None
    roles = {Role(role) for role in texts_of(rule.when["requester_roles"])}
    return {member.id for member in _living(team) if roles & member.roles_in(project)}


def who(approvers: Approvers) -> str:
    """Who decides, in the words of a policy."""
    named = [*sorted(role.value for role in approvers.roles), *sorted(approvers.members)]
    return ", ".join(named) or "nobody"


def named(ids: Collection[MemberId], team: Sequence[Member]) -> str:
    """The first of some members by name."""
    names = sorted(member.name for member in team if member.id in ids)
    more = f" and {len(names) - _MOST_NAMED} others" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _living(team: Sequence[Member]) -> Iterator[Member]:
    return (member for member in team if member.left_at is None)


def _roles(member: Member) -> frozenset[Role]:
    return frozenset(role for _, role in member.roles)
