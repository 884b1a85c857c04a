"""Errors of the members room.

Rejected
├── FieldWrong         a value of a member that can not be used; names what is allowed
├── RosterUnreadable   a file that is no roster at all
├── RosterRefused      a roster with lines that can not be used; nothing of it is stored
├── EmailTaken         an address another member has
├── AccountTaken       an account that is another member's
├── MemberHasAccount   a member who has another account at that connection
├── MemberLeft         a member who left the team
├── LastAdmin          nobody could give roles any more
├── AbsenceInvalid     a time away that can not be, or a circle of deputies
├── CodeWrong          no code that holds for this account
├── CodeTriesUsedUp    too many wrong codes from one account
└── ProofMissing       an account from which nobody can prove to be that member
"""

from chargehand.domain.errors import Rejected


class FieldWrong(Rejected):
    """A value that can not be used."""

    code = "member_field_invalid"
    template = "{field} is {found!r}; allowed: {allowed}."


class RosterUnreadable(Rejected):
    """A file that is no roster at all."""

    code = "roster_unreadable"
    template = "The roster can not be read: {problem}."


class RosterRefused(Rejected):
    """Lines of a roster can not be used, so nothing of it was stored."""

    code = "roster_refused"
    template = (
        "{count} lines or columns of the roster can not be used, so nothing was stored; the first: "
        "line {line}, column {field}: {found!r}; allowed: {allowed}."
    )


class EmailTaken(Rejected):
    """An address another member has."""

    code = "email_taken"
    template = "The member {member_id} has the address {email} already."


class AbsenceInvalid(Rejected):
    """A time away that can not be, or deputies who stand in for each other in a circle."""

    code = "absence_invalid"
    template = "This absence can not be: {problem}."


class AccountTaken(Rejected):
    """An account that is another member's."""

    code = "account_taken"
    template = (
        "The account {account_id} at {connection_id} is {state} as that of the member {member_id}; "
        "refuse it there first, if that is wrong."
    )


class MemberHasAccount(Rejected):
    """A member has one account at each connection."""

    code = "member_has_account"
    template = (
        "The member {member_id} has the account {account_id} at {connection_id}; refuse that one "
        "first, if it is not theirs."
    )


class MemberLeft(Rejected):
    """A member who left the team."""

    code = "member_left"
    template = "The member {member_id} left; add them again by a roster, with their address."


class LastAdmin(Rejected):
    """Nobody could give roles any more."""

    code = "last_admin"
    template = "{member_id} is the last admin; make another member admin in every project first."


class CodeWrong(Rejected):
    """No code that holds for this account."""

    code = "confirmation_code_wrong"
    template = (
        "This code does not hold here: it is wrong, it expired after {minutes} minutes, or it was "
        "made for another connection. Ask for a new one."
    )


class CodeTriesUsedUp(Rejected):
    """Too many wrong codes from one account."""

    code = "confirmation_tries_used_up"
    template = "Too many wrong codes came from this account; try again in {minutes} minutes."


class ProofMissing(Rejected):
    """An account from which nobody can prove to be that member."""

    code = "confirmation_proof_missing"
    template = (
        "The account you asked from is only matched as yours, and the account you confirm is not "
        "known to be yours at all. An operator can link or confirm it: `chargehand members link`."
    )
