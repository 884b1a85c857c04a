"""Accounts at a sign-in provider that an operator links to members, and takes away again.

For providers that vouch for nobody's e-mail address, by which a member is found otherwise.
"""

from datetime import datetime
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.domain.errors import Rejected
from chargehand.domain.json import JSONObject
from chargehand.domain.member import Member
from chargehand.kit.ids import new_id
from chargehand.pipeline.errors import ArgumentInvalid
from chargehand.pipeline.identifying import known_member, living_member
from chargehand.storage.transaction import Writing

# OpenID Connect Core 1.0 section 2: a subject has at most 255 characters of ASCII.
_LONGEST: Final = 255
_SHOWN: Final = 40


class SignInTaken(Rejected):
    """An account at the provider that is another member's."""

    code = "sign_in_taken"
    template = (
        "The account {account_id} at {issuer} is linked to the member {member_id}; take it away "
        "there first: chargehand members unlink-sign-in {member_id}"
    )


class MemberHasSignIn(Rejected):
    """A member has one account at the provider."""

    code = "member_has_sign_in"
    template = (
        "The member {member_id} is linked to the account {account_id} at {issuer} already; take it "
        "away first, if it is not theirs: chargehand members unlink-sign-in {member_id}"
    )


class NoSignIn(Rejected):
    """A member without an account at a provider."""

    code = "no_sign_in"
    template = "No account at a sign-in provider is linked to the member {member_id}."


def link_sign_in(
    tx: Writing, member_id: str, issuer: str, account_id: str, *, by: str, now: datetime
) -> Member:
    """Let an account at a provider sign in as a member; an operator vouches for it.

    Raises: NotFound, MemberLeft, ArgumentInvalid, SignInTaken, MemberHasSignIn.
    """
    member = living_member(tx, member_id)
    account = account_id.strip()
    if not account or len(account) > _LONGEST or not (account.isascii() and account.isprintable()):
        allowed = f"1 to {_LONGEST} ASCII characters, such as the `sub` of the provider's tokens"
        raise ArgumentInvalid(field="account", found=account_id[:_SHOWN], allowed=allowed)
    held = [of for at, of in tx.sign_in.accounts_of(member.id) if at == issuer]
    if held:
        raise MemberHasSignIn(member_id=member.id, account_id=held[0], issuer=issuer)
    owner = tx.sign_in.member_of_account(issuer, account)
    if owner is not None:
        raise SignInTaken(account_id=account, issuer=issuer, member_id=owner)
    link_id = new_id("sia", now)
    tx.sign_in.link_account(link_id, member.id, issuer, account, now=now)
    body = {"by": by, "link": link_id}
    tx.audit.append(AuditTag.PERSON_SIGN_IN_LINKED, member.id, body, now=now)
    return member


def unlink_sign_in(tx: Writing, member_id: str, *, by: str, now: datetime) -> Member:
    """Let nobody sign in as a member by a provider any more, and end their sessions.

    Raises: NotFound, NoSignIn.
    """
    member = known_member(tx, member_id)
    if tx.sign_in.forget_accounts(member.id) == 0:
        raise NoSignIn(member_id=member.id)
    ended = tx.sign_in.end_sessions_of(member.id, now=now)
    body: JSONObject = {"by": by, "sessions_ended": ended}
    tx.audit.append(AuditTag.PERSON_SIGN_IN_UNLINKED, member.id, body, now=now)
    return member
