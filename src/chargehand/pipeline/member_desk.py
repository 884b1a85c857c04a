"""What commands ask of the members, from the database they are kept in."""

from datetime import datetime

from chargehand.domain.account import AccountRef
from chargehand.domain.errors import Rejected
from chargehand.domain.ids import AccountId, ConnectionId, MemberId
from chargehand.domain.member import Identity, Member
from chargehand.pipeline.confirming import say_code
from chargehand.storage.transaction import Writing


class KeptMembers:
    """Keeps `pipeline.caller.MemberDesk`."""

    def find(self, tx: Writing, member_id: MemberId) -> Member | None:
        """One member."""
        return tx.members.find(member_id)

    def identities_of(self, tx: Writing, member_id: MemberId) -> tuple[Identity, ...]:
        """The accounts of a member."""
        return tx.members.identities_of(member_id)

    def confirm(
        self,
        tx: Writing,
        code: str,
        *,
        connection_id: ConnectionId,
        account_id: AccountId,
        now: datetime,
    ) -> Member | Rejected:
        """Confirm the account a code is said from; why not is handed back, not raised."""
        said = say_code(tx, code, AccountRef(connection_id, account_id), now=now)
        return said if isinstance(said, Rejected) else said.member
