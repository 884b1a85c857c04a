"""Errors of the privacy room.

Rejected
├── PersonUnclear   what was given is too short, or no name of one person
├── PersonSeveral   what was given is the beginning of several account ids
└── PersonIsBot     the account chargehand itself acts as
"""

from chargehand.domain.errors import Rejected


class PersonUnclear(Rejected):
    """Too little to tell one person from everything else."""

    code = "person_unclear"
    template = (
        "{field} is {found!r}; give {least} to {most} visible characters, such as an account id, "
        "an e-mail address or a whole name."
    )


class PersonSeveral(Rejected):
    """Half an id, which several people share."""

    code = "person_several"
    template = (
        "{id} is only the beginning of account ids, such as {other}; give one of them whole, or "
        "everybody whose id begins so would be meant."
    )


class PersonIsBot(Rejected):
    """The bot's own account is no person."""

    code = "person_is_bot"
    template = (
        "{id} is the account chargehand itself acts as on {connection_id}; it can not be erased."
    )
