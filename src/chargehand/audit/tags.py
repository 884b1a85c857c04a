"""The closed list of audit tags, `source:subject:action`."""

from enum import StrEnum


class AuditTag(StrEnum):
    """What can be recorded; a new tag is a new line here and in the reference."""

    SYSTEM_POLICY_CREATED = "system:policy:created"
    PERSON_MODE_CHANGED = "person:mode:changed"
    WORKER_DECISION_RECORDED = "worker:decision:recorded"
    WORKER_ACTION_PROPOSED = "worker:action:proposed"
    WORKER_ACTION_SIMULATED = "worker:action:simulated"
    WORKER_ACTION_OUTDATED = "worker:action:outdated"
    WORKER_ACTION_HELD = "worker:action:held"
    WORKER_ACTION_FAILED = "worker:action:failed"
    WORKER_APPROVAL_OPENED = "worker:approval:opened"
    WORKER_APPROVAL_EXPIRED = "worker:approval:expired"
    WORKER_APPROVAL_VOIDED = "worker:approval:voided"
    PERSON_APPROVAL_APPROVED = "person:approval:approved"
    PERSON_APPROVAL_REJECTED = "person:approval:rejected"
    PERSON_APPROVAL_EDITED = "person:approval:edited"
    PERSON_ACTION_SETTLED = "person:action:settled"
    WORKER_EFFECT_INTENDED = "worker:effect:intended"
    WORKER_EFFECT_DONE = "worker:effect:done"
    WORKER_EFFECT_REFUSED = "worker:effect:refused"
    WORKER_EFFECT_UNKNOWN = "worker:effect:unknown"
    PERSON_ASK_RELEASED = "person:ask:released"
    PERSON_ASK_DISMISSED = "person:ask:dismissed"
    WORKER_ASK_STUCK = "worker:ask:stuck"
    PERSON_FLAG_CHANGED = "person:flag:changed"
    PERSON_KEY_CREATED = "person:key:created"
    PERSON_KEY_REVOKED = "person:key:revoked"
    WORKER_CONNECTION_FIRST = "worker:connection:first"
