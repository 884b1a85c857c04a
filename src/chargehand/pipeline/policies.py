"""Shows, checks, explains, compares and changes the policy of the organization."""

import difflib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.diff import LONGEST_PATH, MOST_FILES, ON_PULL_REQUESTS, why_not_known
from chargehand.domain.ids import ProjectKey
from chargehand.domain.policy import Cause, PolicyQuestion, Ruling
from chargehand.pipeline.barriers import let_go_of_policy
from chargehand.pipeline.errors import ArgumentInvalid, NotFound, NotOnPullRequests
from chargehand.pipeline.modes import policy_in_force
from chargehand.pipeline.ruling import Rulings, rulings
from chargehand.policy.absences import check_absences
from chargehand.policy.checking import Finding, check_for_team
from chargehand.policy.compiled import CompiledPolicy, Tried
from chargehand.policy.diffs import ABOUT_DIFFS, ABOUT_LINES
from chargehand.policy.document import PolicyDocument
from chargehand.policy.errors import (
    PolicyChangedMeanwhile,
    PolicyInvalid,
    PolicyRefused,
    PolicyVersionUnknown,
)
from chargehand.policy.in_force import Policy, as_document, policy_of
from chargehand.policy.modes import ModePolicy
from chargehand.policy.problems import Problem
from chargehand.policy.text import read_text, write_text
from chargehand.storage.errors import PolicyUnreadable
from chargehand.storage.transaction import Reading, Writing


@dataclass(frozen=True, slots=True)
class ShownPolicy:
    """One version of the policy as people read it.

    Shape: `format` is 1 for modes by scope, which `text` says as a document that means the same.
    """

    version: int
    format: int
    created_at: datetime | None
    created_by: str
    text: str


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """One version in the list of all, newest first."""

    version: int
    created_at: datetime
    created_by: str
    format: int
    rules: int


@dataclass(frozen=True, slots=True)
class CheckedPolicy:
    """A text as it was checked; one that is not valid is never put in force."""

    is_valid: bool
    problems: tuple[Problem, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ChangedMode:
    """What another policy changes for one kind in one project, as far as no condition decides."""

    project: ProjectKey
    kind: ActionKind
    before: Mode
    after: Mode


@dataclass(frozen=True, slots=True)
class PolicyDifference:
    """What another policy changes: line by line, and in the modes of the served projects."""

    based_on: int
    lines: tuple[str, ...]
    modes: tuple[ChangedMode, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the policy in force says about an action, and the rules that were asked for it."""

    question: PolicyQuestion
    ruling: Ruling
    tried: tuple[Tried, ...]


def show_policy(tx: Reading | Writing, version: int | None = None) -> ShownPolicy:
    """One version, by default the one in force.

    Raises: PolicyVersionUnknown.
    """
    newest = policy_in_force(tx).version
    wanted = newest if version is None else version
    stored = tx.policies.find(wanted)
    if stored is None:
        raise PolicyVersionUnknown(version=wanted, newest=newest)
    policy = policy_of(stored.version, stored.document)
    return ShownPolicy(
        version=stored.version,
        format=_format_of(policy),
        created_at=stored.created_at,
        created_by=stored.created_by,
        text=write_text(as_document(policy)),
    )


def list_policies(tx: Reading | Writing) -> tuple[PolicyLine, ...]:
    """Every version, newest first."""
    lines = []
    for stored in reversed(tx.policies.history()):
        policy = policy_of(stored.version, stored.document)
        document = as_document(policy)
        sections = (document.organization, *document.projects.values())
        rules = sum(len(section.rules) for section in sections)
        line = PolicyLine(
            stored.version, stored.created_at, stored.created_by, _format_of(policy), rules
        )
        lines.append(line)
    return tuple(lines)


def check_policy(
    tx: Reading | Writing, text: bytes, *, served: Collection[ProjectKey], now: datetime
) -> CheckedPolicy:
    """Everything that is wrong with a text, for the team as it is now and who will be away."""
    read = read_text(text)
    if read.problems:
        return CheckedPolicy(is_valid=False, problems=read.problems, findings=())
    policy = CompiledPolicy(0, read.document)
    team, absences = tx.members.all(), tx.absences.ending_after(now)
    findings = check_for_team(policy, team, served)
    is_valid = not any(one.is_error for one in findings)
    away = check_absences(policy, team, served, absences, now=now)
    return CheckedPolicy(is_valid=is_valid, problems=(), findings=(*findings, *away))


def compare_policy(
    tx: Reading | Writing, text: bytes, *, served: Collection[ProjectKey]
) -> PolicyDifference:
    """What a text would change if it were in force.

    Raises: PolicyInvalid.
    """
    document = _readable(text)
    try:
        before = policy_in_force(tx)
    except PolicyUnreadable:
        # Nothing is sent under it, as under the policy that simulates everything.
        before = ModePolicy(version=tx.policies.version_in_force() or 0)
    after = CompiledPolicy(before.version + 1, document)
    lines = difflib.unified_diff(
        write_text(as_document(before)).splitlines(),
        write_text(document).splitlines(),
        f"version {before.version}",
        "new",
        lineterm="",
        n=2,
    )
    changed = (
        ChangedMode(project, kind, before.mode_for(project, kind), after.mode_for(project, kind))
        for project in sorted(served)
        for kind in ActionKind
    )
    modes = tuple(one for one in changed if one.before is not one.after)
    return PolicyDifference(before.version, tuple(lines), modes)


def apply_policy(
    tx: Writing,
    text: bytes,
    *,
    based_on: int,
    served: Collection[ProjectKey],
    by: str,
    now: datetime,
) -> int:
    """Put a text in force as the next version; its number.

    Shape: `based_on` is the version that whoever applies it has seen.
    Raises: PolicyInvalid, PolicyRefused, PolicyChangedMeanwhile.
    """
    document = _readable(text)
    before = tx.policies.version_in_force() or 0
    if before != based_on:
        raise PolicyChangedMeanwhile(version=before)
    after = CompiledPolicy(before + 1, document)
    for finding in check_for_team(after, tx.members.all(), served):
        if finding.is_error:
            where = f"{finding.rule}: " if finding.rule else ""
            raise PolicyRefused(finding=f"{where}{finding.text}")
    if not tx.policies.add(after.version, after.to_document(), by=by, now=now):
        raise PolicyChangedMeanwhile(version=after.version)
    tx.audit.append(
        AuditTag.PERSON_POLICY_APPLIED,
        f"policy:{after.version}",
        {"version": after.version, "based_on": based_on, "by": by},
        now=now,
    )
    let_go_of_policy(tx, now=now)
    return after.version


@dataclass(frozen=True, slots=True)
class MadeUpChange:
    """What a pull request would change: lines added and removed, None for not known, and files."""

    lines: int | None = None
    paths: tuple[str, ...] = ()


NO_CHANGE: Final = MadeUpChange()
_SHOWN_CHARS: Final = 60


def explain_action(tx: Reading | Writing, action_id: str, *, now: datetime) -> Explanation:
    """What the policy in force says about a recorded action, asked again now.

    Raises: NotFound.
    """
    action = tx.actions.find(action_id)
    if action is None:
        raise NotFound(kind="action", id=action_id)
    asked = rulings(tx)
    found = _explained(asked, asked.question(action, cause=action.cause, now=now))
    why = why_not_known(action.base)
    if not why:
        return found
    return replace(
        found, tried=tuple(_with_reason(one, found.question, why) for one in found.tried)
    )


def explain_question(
    tx: Reading | Writing,
    kind: ActionKind,
    project: ProjectKey,
    *,
    cause: Cause,
    target: str,
    now: datetime,
    change: MadeUpChange = NO_CHANGE,
) -> Explanation:
    """What it says about an action that nobody proposed yet.

    Raises: NotOnPullRequests for a change where the kind has none, ArgumentInvalid for its paths.
    """
    wrong = next((one for one in change.paths if not 0 < len(one) <= LONGEST_PATH), None)
    if wrong is not None or len(change.paths) > MOST_FILES:
        allowed = f"at most {MOST_FILES} files of 1 to {LONGEST_PATH} characters"
        found = f"{len(change.paths)} files" if wrong is None else wrong[:_SHOWN_CHARS]
        raise ArgumentInvalid(field="path", found=found, allowed=allowed)
    if change != NO_CHANGE and kind not in ON_PULL_REQUESTS:
        allowed = ", ".join(sorted(ON_PULL_REQUESTS))
        raise NotOnPullRequests(kind=kind.value, allowed=allowed)
    asked = rulings(tx)
    question = asked.question_about(kind, project, target=target, cause=cause, now=now)
    paths = tuple(sorted(set(change.paths)))
    return _explained(asked, replace(question, diff_lines=change.lines, paths=paths))


def _with_reason(tried: Tried, question: PolicyQuestion, why: str) -> Tried:
    """A rule that failed on a diff nobody knows, with why."""
    is_counted = question.diff_lines is not None
    is_known = is_counted if tried.unmet == ABOUT_LINES else bool(question.paths)
    if tried.unmet not in ABOUT_DIFFS or is_known:
        return tried
    return replace(tried, fact=f"{tried.fact} ({why})")


def _explained(asked: Rulings, question: PolicyQuestion) -> Explanation:
    tried = CompiledPolicy(asked.version, as_document(asked.policy)).tried(question)
    return Explanation(question, asked.answer(question), tried)


def _readable(text: bytes) -> PolicyDocument:
    read = read_text(text)
    if read.problems:
        first = read.problems[0]
        where = f"line {first.line}, {first.field}" if first.line is not None else first.field
        raise PolicyInvalid(field=where, found=first.found, allowed=first.allowed)
    return read.document


def _format_of(policy: Policy) -> int:
    return 2 if isinstance(policy, CompiledPolicy) else 1
