"""What can be allowed to somebody: a verb on a kind of object."""

from enum import StrEnum


class Permission(StrEnum):
    """One deed on one kind of object, as `object:verb`; a new one is a new line here.

    Shape: those of a project's objects hold per project; those of objects that belong to the whole
    organization count only where they are held in every project.
    """

    ACTION_SETTLE = "action:settle"
    ACTION_UNDO = "action:undo"
    ACTION_VIEW = "action:view"
    APPROVAL_COMMENT = "approval:comment"
    APPROVAL_DECIDE = "approval:decide"
    APPROVAL_EDIT = "approval:edit"
    APPROVAL_VIEW = "approval:view"
    ASK_ANSWER = "ask:answer"
    ASK_DISMISS = "ask:dismiss"
    ASK_VIEW = "ask:view"
    ATTENTION_SET = "attention:set"
    AUDIT_READ = "audit:read"
    BUDGET_SET = "budget:set"
    BUDGET_VIEW = "budget:view"
    COMMAND_RUN = "command:run"
    CONNECTION_VIEW = "connection:view"
    DECISION_VIEW = "decision:view"
    DELIVERY_RETRY = "delivery:retry"
    DELIVERY_VIEW = "delivery:view"
    EVENT_VIEW = "event:view"
    FLAG_SET = "flag:set"
    FLAG_VIEW = "flag:view"
    KEY_MANAGE = "key:manage"
    MEMBER_MANAGE = "member:manage"
    MEMBER_VIEW = "member:view"
    MODE_SET = "mode:set"
    MODE_VIEW = "mode:view"
    NOTICE_VIEW = "notice:view"
    POLICY_EDIT = "policy:edit"
    POLICY_VIEW = "policy:view"
    RUN_VIEW = "run:view"
    STATUS_VIEW = "status:view"
    STOP_SET = "stop:set"
    TRACE_VIEW = "trace:view"
