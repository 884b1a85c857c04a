"""On whose word something is done, as it stands in the transaction that does it.

Whatever proved a caller at the door is looked at again here: a key that was revoked, a session that
was ended or a role that was taken away a moment ago counts no more.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

from chargehand.domain.ids import ApiKeyId, ProjectKey, SessionId
from chargehand.domain.member import Member
from chargehand.domain.permission import Permission
from chargehand.domain.records import ApiKeyRecord
from chargehand.pipeline.errors import KeyEnded, NotFound, PermissionMissing, SessionEnded
from chargehand.pipeline.sessions import SessionRules, live_session
from chargehand.policy.permissions import (
    NOTHING,
    Rights,
    rights_of_roles,
    rights_of_scope,
)
from chargehand.storage.transaction import Reading, Writing

View: TypeAlias = Reading | Writing
_REST: Final = "rest"
WEB: Final = "web"
NOT_KNOWN: Final = "not known here, or it was revoked"


@dataclass(frozen=True, slots=True)
class KeyProof:
    """An API key that was shown at the door."""

    key_id: ApiKeyId


@dataclass(frozen=True, slots=True)
class SessionProof:
    """A session that was shown at the door, and how long sessions last."""

    session_id: SessionId
    rules: SessionRules


Proof: TypeAlias = KeyProof | SessionProof


@dataclass(frozen=True, slots=True)
class Authority:
    """Who does something, through what, and what they may do at this moment.

    Shape: `by` is the name that what is done is recorded under, `via` that of the way it came;
    `member` is None for a key that acts for nobody; `expires_at` is when the key that was shown
    ends, None where it does not, or where no key was shown.
    """

    by: str
    via: str = _REST
    rights: Rights = field(default=NOTHING)
    member: Member | None = None
    expires_at: datetime | None = None

    def require(self, permission: Permission, project: ProjectKey | None) -> None:
        """Refuse what is not allowed in a project; None is what belongs to the organization.

        Raises: PermissionMissing.
        """
        if not self.rights.allows(permission, project):
            where = f"the project {project}" if project is not None else "every project"
            raise PermissionMissing(permission=permission.value, where=where)

    def require_all(self, wanted: Rights) -> None:
        """Refuse to hand on what is not held.

        Raises: PermissionMissing for the first of it.
        """
        for permission in sorted(wanted.everywhere):
            self.require(permission, None)
        for project in sorted(wanted.in_projects):
            for permission in sorted(wanted.in_projects[project]):
                self.require(permission, project)

    def require_somewhere(self, permission: Permission) -> None:
        """Refuse what is allowed in no project at all.

        Raises: PermissionMissing.
        """
        if not self.rights.allows_somewhere(permission):
            raise PermissionMissing(permission=permission.value, where="any project")

    def require_seen(
        self, permission: Permission, project: ProjectKey | None, *, kind: str, identifier: str
    ) -> None:
        """Let what may not be looked at be as if it were not there.

        Raises: NotFound.
        """
        if not self.rights.allows(permission, project):
            raise NotFound(kind=kind, id=identifier)


def authority_of(tx: View, proof: Proof, *, now: datetime) -> Authority:
    """What a proof is worth now.

    Raises: KeyEnded, SessionEnded.
    """
    if isinstance(proof, KeyProof):
        return authority_of_key(tx, tx.api_keys.find(proof.key_id), now=now)
    found = tx.sign_in.session(proof.session_id)
    session = live_session(tx, found, rules=proof.rules, now=now)
    member = tx.members.find(session.member_id)
    if member is None:
        raise SessionEnded(reason="is that of nobody")
    by, rights = f"member:{member.id}", rights_of_roles(member.roles)
    return Authority(by=by, via=WEB, rights=rights, member=member)


def authority_of_key(tx: View, key: ApiKeyRecord | None, *, now: datetime) -> Authority:
    """What a key may do now: its scope, and of a member's rights no more than they have.

    Raises: KeyEnded.
    """
    if key is None or key.revoked_at is not None:
        raise KeyEnded(reason=NOT_KNOWN)
    if key.expires_at is not None and key.expires_at <= now:
        raise KeyEnded(reason=f"expired since {key.expires_at:%Y-%m-%d %H:%M} UTC")
    scope = rights_of_scope(key.permissions, key.projects)
    if key.member_id is None:
        return Authority(by=f"key:{key.name}", rights=scope, expires_at=key.expires_at)
    member = tx.members.find(key.member_id)
    if member is None or member.left_at is not None:
        raise KeyEnded(reason="of a member who left the team")
    return Authority(
        by=f"member:{member.id}",
        # A name may be a person's, and it would stand in the audit for good.
        via=f"key:{key.id}",
        rights=rights_of_roles(member.roles).within(scope),
        member=member,
        expires_at=key.expires_at,
    )
