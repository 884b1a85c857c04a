"""Shows and changes what happens to actions; effective in every process at its next transaction."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from chargehand.audit.tags import AuditTag
from chargehand.domain.action import COMMENTS, ActionKind, Mode, ProposedAction
from chargehand.domain.decision import DecidedBy, Decision
from chargehand.domain.ids import ProjectKey
from chargehand.domain.policy import Ruling
from chargehand.pipeline.barriers import let_go_of_policy
from chargehand.pipeline.errors import ProjectUnknown
from chargehand.policy.errors import PolicyChangedMeanwhile, PolicyInvalid
from chargehand.policy.in_force import Policy, policy_of_text
from chargehand.policy.modes import ModePolicy, ModeRule
from chargehand.storage.errors import PolicyUnreadable
from chargehand.storage.transaction import Reading, Writing


@dataclass(frozen=True, slots=True)
class ModeLine:
    """The mode of one kind in one project, and the rule that gives it; None is the default.

    Shape: `rule` is None where a written rule gives it, which `rule_name` names; the rules of
    `unless` decide before it, each in cases of its own.
    """

    project: ProjectKey
    kind: ActionKind
    mode: Mode
    rule: ModeRule | None
    rule_name: str = ""
    unless: tuple[str, ...] = ()


def policy_in_force(tx: Reading | Writing) -> Policy:
    """The newest policy; before the first one everything is simulated.

    Raises: PolicyUnreadable where somebody broke it.
    """
    current = tx.policies.current_text()
    return read_version(*current) if current is not None else ModePolicy(version=0)


def read_version(version: int, text: str) -> Policy:
    """A version from the text it is stored as.

    Raises: PolicyUnreadable.
    """
    try:
        return policy_of_text(version, text)
    except PolicyInvalid as error:
        raise PolicyUnreadable(version=version, why=str(error)) from error
    except ValueError as error:
        raise PolicyUnreadable(version=version, why="it is no JSON object") from error


def mode_of_proposal(ruling: Ruling, decision: Decision, action: ProposedAction) -> Mode:
    """The mode of a proposed action; a change that a model suggested is never sent at once.

    A model can be led by what strangers wrote, so a person looks at what it would change; and at
    what it would say, where strangers did write something of what it read.
    """
    is_led = action.kind not in COMMENTS or decision.read_outsiders
    is_suggested = decision.decided_by is DecidedBy.MODEL and is_led
    return Mode.APPROVE if is_suggested and ruling.mode is Mode.AUTO else ruling.mode


def list_modes(tx: Reading | Writing, projects: Collection[ProjectKey]) -> tuple[ModeLine, ...]:
    """The mode of every kind in every served project."""
    policy = policy_in_force(tx)
    return tuple(
        ModeLine(
            project,
            kind,
            *policy.explain(project, kind),
            policy.rule_name(project, kind),
            policy.unless(project, kind),
        )
        for project in sorted(projects)
        for kind in ActionKind
    )


def ensure_mode(
    tx: Writing,
    mode: Mode,
    kind: ActionKind,
    *,
    served: Collection[ProjectKey],
    by: str,
    now: datetime,
) -> None:
    """Give a kind a mode in every served project, unless it has it already.

    Raises: PolicyChangedMeanwhile.
    """
    policy = policy_in_force(tx)
    if any(policy.mode_for(project, kind) is not mode for project in served):
        set_mode(tx, mode, project=None, kind=kind, served=served, by=by, now=now)


def set_mode(
    tx: Writing,
    mode: Mode,
    *,
    project: ProjectKey | None,
    kind: ActionKind | None,
    served: Collection[ProjectKey],
    by: str,
    now: datetime,
) -> Policy:
    """Put a new policy version in force that differs in one scope.

    Raises: ProjectUnknown, PolicyChangedMeanwhile.
    """
    if project is not None and project not in served:
        raise ProjectUnknown(project=project, served=", ".join(sorted(served)) or "none")
    before = policy_in_force(tx)
    after = before.with_mode(mode, project=project, kind=kind)
    if not tx.policies.add(after.version, after.to_document(), by=by, now=now):
        raise PolicyChangedMeanwhile(version=after.version)
    tx.audit.append(
        AuditTag.PERSON_MODE_CHANGED,
        f"policy:{after.version}",
        {
            "version": after.version,
            "project": project,
            "kind": kind.value if kind is not None else None,
            "mode": mode.value,
            "by": by,
        },
        now=now,
    )
    let_go_of_policy(tx, now=now)
    return after
