"""When so many accounts of a connection are gone at once that the connection is to be doubted."""

from typing import Final

# Of fewer, most may well have left on one day.
_SEVERAL: Final = 2
_MANY: Final = 4


def is_doubtful(*, gone: int, working: int, is_proved: bool) -> bool:
    """Whether what a vendor says of a connection's accounts is to be looked at by a person first.

    Shape: `gone` and `working` count accounts of members; `is_proved` says that the vendor called
    any account a working one, the bot's own among them. A connection that points at another site
    finds nobody of the team there, and what stands in front of a vendor may answer for it.
    """
    if gone == 0:
        return False
    clear = gone + working
    is_everybody = working == 0 and gone >= _SEVERAL
    are_most = clear >= _MANY and 2 * gone > clear
    return not is_proved or is_everybody or are_most
