"""Approved actions on work item PAY-1, as the gate would hand them over."""

from typing import Any

from chargehand.domain.action import ActionKind, ApprovedAction
from chargehand.domain.ids import (
    DEFAULT_ORGANIZATION,
    ActionId,
    ConnectionId,
    EffectId,
    ProjectKey,
)

ACTION_ID = "act_06cqv7rdvcv9qf6h1k1v2m9r4s"
EVERYONE = {"kind": "everyone"}


def approved(kind: ActionKind, params: Any, base: Any, *, target: str = "PAY-1") -> ApprovedAction:
    return ApprovedAction(
        action_id=ActionId(ACTION_ID),
        organization_id=DEFAULT_ORGANIZATION,
        effect_id=EffectId("eff_06cqv7rdvcv9qf6h1k1v2m9r4s"),
        kind=kind,
        connection_id=ConnectionId("acme"),
        project=ProjectKey(target.partition("-")[0]),
        target=target,
        params=params,
        base=base,
        digest="0" * 64,
        approval_id=None,
    )


def comment(
    question: str,
    *,
    kind: ActionKind = ActionKind.JIRA_ADD_COMMENT,
    target: str = "PAY-1",
    **params: Any,
) -> ApprovedAction:
    told = {"markdown": "It is **blocked** by PAY-2.", "visibility": EVERYONE, **params}
    base = {"comment_id": question, "asked_at_ms": 1_795_166_400_000}
    return approved(kind, told, base, target=target)


def transition(
    to_status: str = "In Progress",
    *,
    move: str = "21",
    name: str = "Start work",
    base: str = "To Do",
) -> ApprovedAction:
    params = {"transition_id": move, "transition_name": name, "to_status": to_status}
    return approved(ActionKind.JIRA_TRANSITION_ISSUE, params, {"status": base})


def assign(account_id: str | None, name: str, *, base: str | None = None) -> ApprovedAction:
    params = {"account_id": account_id, "name": name}
    return approved(ActionKind.JIRA_ASSIGN_ISSUE, params, {"assignee": base})


def link(to: str = "PAY-2", *, base: tuple[str, ...] = ()) -> ApprovedAction:
    params = {"to": to, "relation": "blocks", "link_type": "Blocks", "direction": "outward"}
    return approved(ActionKind.JIRA_LINK_ISSUES, params, {"relations": list(base)})


def fields(*, base: Any = None, **values: Any) -> ApprovedAction:
    before = dict.fromkeys(values) if base is None else base
    return approved(ActionKind.JIRA_UPDATE_FIELDS, {"fields": values}, {"fields": before})


def create(project_id: str, **params: Any) -> ApprovedAction:
    told = {"issue_type_id": "10003", "issue_type": "Bug", "summary": "Refunds fail", **params}
    base = {"project_id": project_id}
    return approved(ActionKind.JIRA_CREATE_ISSUE, told, base, target="PAY")


def labels(*names: str, base: tuple[str, ...] = (), target: str = "PAY-1") -> ApprovedAction:
    params, found = {"labels": list(names)}, {"labels": list(base)}
    return approved(ActionKind.JIRA_ADD_LABELS, params, found, target=target)
