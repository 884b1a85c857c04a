"""Whether a member may be notified, is only named, or hears of it later."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from chargehand.domain.attention import Quiet, QuietKind, QuietScope, Spot, Topic
from chargehand.domain.member import Member
from chargehand.kit.calendar import WorkingHours, zone_named


@dataclass(frozen=True, slots=True)
class Notify:
    """The member may be mentioned or written to now."""


@dataclass(frozen=True, slots=True)
class Name:
    """The member is named where that is needed, and not notified; an unasked message stays away."""


@dataclass(frozen=True, slots=True)
class NotBefore:
    """The member may hear of it, from a moment on."""

    moment: datetime


Permission: TypeAlias = Notify | Name | NotBefore


def may_notify(
    member: Member,
    topic: Topic | None,
    spot: Spot,
    now: datetime,
    *,
    hours: WorkingHours,
    quiets: Collection[Quiet],
) -> Permission:
    """Whether a member may be notified of something at a spot.

    Shape: without a `topic` somebody has asked and waits for the answer, so it is said at once or
    never; an unasked message keeps to the member's working hours. `quiets` are those of
    `scopes_of`; what is over does not count.
    """
    in_force = [one for one in quiets if one.ends_at > now]
    scopes = scopes_of(member, spot)
    on_it = [one for one in in_force if (one.scope, one.scope_id) in scopes]
    if member.left_at is not None and member.left_at <= now:
        return Name()
    if any(one.kind is QuietKind.MUTE for one in on_it):
        return Name()
    snoozed_until = max((one.ends_at for one in on_it), default=now)
    if topic is None:
        return Name() if snoozed_until > now else Notify()
    zone = zone_named(member.time_zone, hours.zone)
    earliest = hours.next_moment(snoozed_until, zone)
    return NotBefore(earliest) if earliest > now else Notify()


def scopes_of(member: Member, spot: Spot) -> frozenset[tuple[QuietScope, str]]:
    """What a mute or snooze has to be on to count for a member at a spot."""
    about = (
        (QuietScope.MEMBER, member.id),
        (QuietScope.CHANNEL, spot.channel),
        (QuietScope.WORK_ITEM, spot.work_item),
        (QuietScope.PROJECT, spot.project),
    )
    return frozenset((scope, scope_id) for scope, scope_id in about if scope_id is not None)
