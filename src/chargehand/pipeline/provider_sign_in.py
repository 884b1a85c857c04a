"""Whom a provider vouches for: found among the members, linked once, given the roles it says."""

from datetime import datetime
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.domain.errors import Rejected
from chargehand.domain.member import Member, Role
from chargehand.kit.ids import new_id
from chargehand.logs.log import get_logger
from chargehand.members.fields import Roles
from chargehand.pipeline.members import set_roles
from chargehand.storage.transaction import Writing

BY: Final = "oidc"
_ADMIN: Final = (None, Role.ADMIN)
_log = get_logger()


class NobodyVouchedFor(Rejected):
    """The provider knows somebody whom the team does not."""

    code = "sign_in_unknown"
    template = (
        "You signed in at your provider, but {reason}. Ask an operator of chargehand, and tell "
        "them your account there: {account}"
    )


def member_vouched_for(
    tx: Writing,
    issuer: str,
    subject: str,
    *,
    email: str | None,
    roles: Roles | None,
    now: datetime,
) -> Member:
    """The member behind an account at a provider, with the roles its claims give.

    Shape: an account nobody has is linked to the member of its verified address, once; later its
    subject alone counts, since addresses are given to others. `roles` of None changes none.
    Raises: NobodyVouchedFor.
    """
    known = tx.sign_in.member_of_account(issuer, subject)
    member = tx.members.find(known) if known is not None else None
    if member is None:
        member = _linked(tx, issuer, subject, email=email, now=now)
    if member.left_at is not None:
        raise NobodyVouchedFor(reason="you left the team", account=subject)
    if roles is None:
        return member
    if _ADMIN not in roles and tx.members.admins() == {member.id}:
        # A group that was emptied by mistake must not lock everybody out.
        _log.warning("sign_in.last_admin_kept", member_id=member.id)
        return member
    return set_roles(tx, member.id, roles, by=BY, now=now)


def _linked(tx: Writing, issuer: str, subject: str, *, email: str | None, now: datetime) -> Member:
    if email is None:
        reason = "it does not vouch for your e-mail address"
        raise NobodyVouchedFor(reason=reason, account=subject)
    member = tx.members.by_email(email.strip().lower())
    if member is None or member.left_at is not None:
        reason = "no member of the team has your e-mail address"
        raise NobodyVouchedFor(reason=reason, account=subject)
    if any(of == issuer for of, _ in tx.sign_in.accounts_of(member.id)):
        reason = "another account there is linked to this member already"
        raise NobodyVouchedFor(reason=reason, account=subject)
    link_id = new_id("sia", now)
    tx.sign_in.link_account(link_id, member.id, issuer, subject, now=now)
    tx.audit.append(AuditTag.PERSON_SIGN_IN_LINKED, member.id, {"by": BY, "link": link_id}, now=now)
    return member
