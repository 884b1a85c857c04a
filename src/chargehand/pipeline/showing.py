"""What is remembered as plain JSON, the same for REST and for `--json` on the command line.

Moments are ISO 8601 in UTC with a Z, amounts of money are texts, enums are their closed words.
Records hold no secrets, and what this module does not know is an error instead of a guess.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache, singledispatch
from typing import Any, Final

import msgspec

from chargehand.audit.chain import Verification
from chargehand.decisions.reason_catalogue import reason_text, withheld_text
from chargehand.domain.ask import Ask
from chargehand.domain.audience import Audience
from chargehand.domain.decision import ModelUse, Source, Verdict
from chargehand.domain.event import Place
from chargehand.domain.ids import ProjectKey
from chargehand.domain.json import JSONScalar, JSONValue
from chargehand.domain.permission import Permission
from chargehand.domain.records import (
    ActionRecord,
    ApiKeyRecord,
    ApprovalRecord,
    AuditRecord,
    ConnectionRecord,
    DecisionRecord,
    DeliveryRecord,
    EventRecord,
)
from chargehand.kit.redact import redact_text
from chargehand.members.planning import PlannedMember
from chargehand.pipeline.absences import ShownAbsence
from chargehand.pipeline.accounts import ShownUnmapped
from chargehand.pipeline.approving import DecidedApproval
from chargehand.pipeline.authority import Authority
from chargehand.pipeline.looking import ShownApproval, Stats, StoredAsk
from chargehand.pipeline.members import ShownMember
from chargehand.pipeline.rosters import RosterOutcome

# How far polling has come is the connector's own affair.
_NEVER_STORED_OF_ASK: Final = ("served", "tracker_account")
# Whoever holds it can speak as the bot for some minutes.
_REPLY_TOKEN: Final = "reply_token"  # noqa: S105 - a field's name.
_PRIVATE_OF_CONNECTION = frozenset({"cursor"})
_AS_THEY_ARE: Final = frozenset({str, int, float, bool})


@singledispatch
def to_json(value: object) -> JSONValue:
    """A record, a page of records or anything they are made of, as plain JSON.

    Raises: TypeError for what has no JSON form here.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return _fields_of(value)
    message = f"{type(value).__name__} has no JSON form"
    raise TypeError(message)


@to_json.register(str)
@to_json.register(int)
@to_json.register(float)
@to_json.register(type(None))
def _(value: JSONScalar) -> JSONValue:
    return value


@to_json.register
def _(value: StrEnum) -> JSONValue:
    return value.value


@to_json.register
def _(value: date) -> JSONValue:
    return value.isoformat()


@to_json.register
def _(value: datetime) -> JSONValue:
    moment = value if value.tzinfo is UTC else value.astimezone(UTC)
    return moment.isoformat().removesuffix("+00:00") + "Z"


@to_json.register
def _(value: Decimal) -> JSONValue:
    return f"{value:f}"


@to_json.register(tuple)
@to_json.register(list)
def _(value: Sequence[object]) -> JSONValue:
    return [_shown(one) for one in value]


@to_json.register(frozenset)
def _(value: frozenset[str]) -> JSONValue:
    return [_shown(one) for one in sorted(value)]


@to_json.register(Mapping)
def _(value: Mapping[object, object]) -> JSONValue:
    return {str(key): _shown(one) for key, one in value.items()}


@to_json.register
def _action(value: ActionRecord) -> dict[str, JSONValue]:
    shown = _plain(value)
    if _REPLY_TOKEN in value.params:
        shown["params"] = {k: v for k, v in value.params.items() if k != _REPLY_TOKEN}
    return shown


@to_json.register
def _approval(value: ApprovalRecord) -> dict[str, JSONValue]:
    # A set has no order of its own.
    roles: list[JSONValue] = [role.value for role in sorted(value.escalated_to)]
    return {**_plain(value), "escalated_to": roles}


@to_json.register(Audience)
@to_json.register(AuditRecord)
@to_json.register(DeliveryRecord)
@to_json.register(ModelUse)
@to_json.register(Source)
def _(value: object) -> JSONValue:
    return _plain(value)


@to_json.register
def _(value: EventRecord) -> JSONValue:
    """An event; what people wrote that looks like a credential is not for who looks back."""
    shown = _plain(value)
    return {**shown, "text": redact_text(value.text)} if value.text else shown


@to_json.register
def _(value: DecisionRecord) -> JSONValue:
    """A decision under the names of the plan that operators know it by."""
    return {
        "id": value.id,
        "event_id": value.event_id,
        "ask_id": value.ask_id,
        "project": value.project,
        "work_item": value.work_item,
        "should_respond": value.verdict is Verdict.RESPOND,
        "response": value.response,
        "reason": value.reason.value,
        "reasoning": value.reasoning or reason_text(value.reason),
        "urgency": value.urgency.value,
        "suggested_actions": list(value.suggested_actions),
        "confidence": value.confidence,
        "decided_by": value.decided_by.value,
        "model": _shown(value.model),
        "cost_usd": _shown(value.cost_usd),
        "audience": _shown(value.audience),
        "sources": _shown(value.sources),
        "withheld": [withheld_text(entry) for entry in value.withheld],
        "policy_version": value.policy_version,
        "decided_at": _shown(value.decided_at),
        "is_erased": value.is_erased,
    }


@to_json.register
def _ask(value: Ask) -> dict[str, JSONValue]:
    shown = _plain(value)
    for name in _NEVER_STORED_OF_ASK:
        shown.pop(name)
    # The library leaves a tuple what it is.
    return {
        **shown,
        "place": _place(value.place),
        "intents": [_plain(intent) for intent in value.intents],
    }


def _place(value: Place | None) -> JSONValue:
    if value is None:
        return None
    shown = _plain(value)
    shown.pop(_REPLY_TOKEN)
    return shown


@to_json.register
def _(value: StoredAsk) -> JSONValue:
    return {
        **_ask(value.ask),
        "attempts": value.attempts,
        "next_attempt_at": _shown(value.next_attempt_at),
        "recorded_at": _shown(value.recorded_at),
        "closed_at": _shown(value.closed_at),
        "closed_by": value.closed_by,
        "problem": value.problem,
        "is_erased": value.is_erased,
    }


@to_json.register
def _(value: ShownApproval | DecidedApproval) -> JSONValue:
    return {
        **_approval(value.approval),
        "action": _action(value.action),
        **_fields_of(value.standing),
    }


@to_json.register
def _(value: ShownMember) -> JSONValue:
    """A member with their identities, of which each says whether it carries rights."""
    return {
        **_fields_of(value.member),
        "roles": [{"project": where, "role": role.value} for where, role in value.member.roles],
        "identities": [
            {**_fields_of(one), "carries_rights": one.carries_rights} for one in value.identities
        ],
    }


@to_json.register
def _(value: ShownAbsence) -> JSONValue:
    names = {"member_name": value.member_name, "deputy_name": value.deputy_name}
    return {**_fields_of(value.absence), **names}


@to_json.register
def _(value: ShownUnmapped) -> JSONValue:
    candidates = [{"id": one.id, "name": one.name} for one in value.candidates]
    return {**_fields_of(value.account), "candidates": candidates}


@to_json.register
def _(value: PlannedMember) -> JSONValue:
    return {
        "line": value.line,
        "member_id": value.member.id,
        "name": value.member.name,
        "changes": to_json(value.changes),
    }


@to_json.register
def _(value: RosterOutcome) -> JSONValue:
    plan = value.plan
    return {
        "is_applied": value.is_applied,
        "added": to_json(plan.added),
        "changed": to_json(plan.changed),
        "unchanged": plan.unchanged,
        "left": to_json(plan.leaving),
        "missing": [{"member_id": one.id, "name": one.name} for one in plan.missing],
        "refused": to_json(plan.refused),
        "notes": to_json(plan.notes),
        "matched_by_email": value.matched_by_email,
    }


@to_json.register
def _(value: ConnectionRecord) -> JSONValue:
    shown = _fields_of(value)
    return {name: one for name, one in shown.items() if name not in _PRIVATE_OF_CONNECTION}


@to_json.register
def _(value: ApiKeyRecord) -> JSONValue:
    """A key with its limits in order; null is no limit."""
    scope, projects = value.permissions, value.projects
    return {
        **_fields_of(replace(value, permissions=None, projects=None)),
        "permissions": None if scope is None else [one.value for one in sorted(scope)],
        "projects": None if projects is None else [*sorted(projects)],
    }


@to_json.register
def _(value: Authority) -> JSONValue:
    """Who somebody is to the API: what they hold, by project, null being every project."""
    member, rights = value.member, value.rights
    held: dict[ProjectKey | None, frozenset[Permission]] = {None: rights.everywhere}
    held |= {project: rights.in_project(project) for project in sorted(rights.in_projects)}
    roles = member.roles if member is not None else ()
    return {
        "name": value.by,
        "via": value.via,
        "member": None if member is None else {"id": member.id, "name": member.name},
        "roles": [{"project": where, "role": role.value} for where, role in roles],
        "permissions": [
            {"project": project, "permissions": [one.value for one in sorted(permissions)]}
            for project, permissions in held.items()
        ],
    }


@to_json.register
def _(value: Stats) -> JSONValue:
    counts = {name: dict(words) for name, words in value.counts.items()}
    return {
        "since": to_json(value.since),
        "until": to_json(value.until),
        "cost_usd": to_json(value.cost_usd),
        **counts,
    }


@to_json.register
def _(value: Verification) -> JSONValue:
    return {"is_intact": value.is_intact, **_fields_of(value)}


def _plain(record: object) -> dict[str, JSONValue]:
    """A record of words, numbers, moments in UTC and JSON alone: a page is mostly made of these.

    The library gives them the very form `to_json` does, many times as fast. It must hold no tuple.
    """
    shown: dict[str, JSONValue] = msgspec.to_builtins(record, enc_hook=to_json)
    return shown


def _fields_of(record: object) -> dict[str, JSONValue]:
    if not is_dataclass(record) or isinstance(record, type):
        message = f"{type(record).__name__} is not a record"
        raise TypeError(message)
    return {name: _shown(getattr(record, name)) for name in _names_of(type(record))}


def _shown(value: object) -> JSONValue:
    """`to_json`, without asking for what most values are: a page holds a thousand."""
    if value is None or type(value) in _AS_THEY_ARE:
        return value  # type: ignore[return-value]  # the line above says so.
    # The checker counts `object` as something that may have no hash; its type has one.
    return _form_of(type(value))(value)  # type: ignore[arg-type]


@cache
def _form_of(kind: type[Any]) -> Callable[[Any], JSONValue]:
    # Asked for each of the thousand values of a page, the dispatcher's own cache is too slow.
    return to_json.dispatch(kind)


@cache
def _names_of(record: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(record))
