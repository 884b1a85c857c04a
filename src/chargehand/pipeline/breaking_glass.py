"""Breaks the glass: for an hour one operator on the host is not held up by the policy.

It ends by itself, since it is a row with an end and no change of the policy. While it counts, what
that operator does themselves is sent at once, whatever the caps and the hours, and every other
approval takes one decider or one of the policy's own approvers, who may have asked for it. What is
simulated stays simulated.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.domain.action import Mode
from chargehand.domain.ids import GlassId
from chargehand.domain.member import DECIDERS
from chargehand.domain.policy import Approvers, Hours, Origin, PolicyQuestion, Ruling
from chargehand.domain.records import BrokenGlass, Severity
from chargehand.kit.ids import new_id
from chargehand.pipeline.barriers import let_go_of_policy
from chargehand.pipeline.errors import ArgumentInvalid, GlassBroken, GlassWhole
from chargehand.pipeline.noticing import tell_operator
from chargehand.storage.transaction import Reading, Writing

BREAK_GLASS: Final = "break-glass"
LASTS: Final = timedelta(hours=1)
_LONGEST_REASON: Final = 500


def break_glass(tx: Writing, *, by: str, reason: str, now: datetime) -> BrokenGlass:
    """Let an operator past the policy from now on, for an hour; the operators are told.

    Raises: ArgumentInvalid, GlassBroken when one counts already.
    """
    said = " ".join(reason.split())
    if not 0 < len(said) <= _LONGEST_REASON:
        allowed = f"why, in 1 to {_LONGEST_REASON} letters"
        raise ArgumentInvalid(field="reason", found=said[:80], allowed=allowed)
    current = glass_at(tx, now)
    if current is not None:
        raise GlassBroken(by=current.opened_by, until=f"{current.ends_at:%Y-%m-%d %H:%M} UTC")
    glass = BrokenGlass(GlassId(new_id("brk", now)), by, said, now, now + LASTS)
    tx.policies.add_glass(glass)
    body = {"by": by, "ends_at": glass.ends_at.isoformat()}
    tx.audit.append(AuditTag.PERSON_GLASS_BROKEN, glass.id, body, now=now)
    tell_operator(
        tx,
        "glass_broken",
        subject_id=glass.id,
        text=f"{by} is past the policy until {glass.ends_at:%H:%M} UTC: {said} "
        "`chargehand policy break-glass --end` ends it before.",
        now=now,
        severity=Severity.CRITICAL,
    )
    let_go_of_policy(tx, now=now)
    return glass


def mend_glass(tx: Writing, *, by: str, now: datetime) -> BrokenGlass:
    """End it before its time.

    Raises: GlassWhole when none counts.
    """
    current = glass_at(tx, now)
    if current is None:
        raise GlassWhole
    tx.policies.end_glass(current.id, now=now)
    tx.audit.append(AuditTag.PERSON_GLASS_MENDED, current.id, {"by": by}, now=now)
    return current


def glass_at(tx: Reading | Writing, now: datetime) -> BrokenGlass | None:
    """The broken glass that counts at a moment."""
    newest = tx.policies.broken_glass()
    return newest if newest is not None and newest.opened_at <= now < newest.ends_at else None


def past_policy(ruling: Ruling, question: PolicyQuestion, glass: BrokenGlass | None) -> Ruling:
    """What holds while a glass is broken; the ruling itself where none is, or it simulates."""
    is_broken = glass is not None and glass.opened_at <= question.at < glass.ends_at
    if glass is None or not is_broken or ruling.mode is Mode.SIMULATE:
        return ruling
    reason = f"{glass.opened_by} broke the glass"
    opened = replace(ruling, approvers=_any_of(ruling.approvers))
    cause = question.cause
    if cause.origin is Origin.OPERATOR and cause.requester == glass.opened_by:
        return replace(
            opened, mode=Mode.AUTO, caps=(), hours=Hours.ALWAYS, rule=BREAK_GLASS, reason=reason
        )
    if ruling.mode is Mode.APPROVE:
        return replace(opened, rule=BREAK_GLASS, reason=reason)
    # Sent at once, but for what a model suggested: a person looks at that all the same.
    return opened


def _any_of(approvers: Approvers) -> Approvers:
    """Whoever the policy names and every decider; one of them is enough."""
    roles = approvers.roles | DECIDERS
    return replace(approvers, roles=roles, quorum=1, excludes_requester=False)
