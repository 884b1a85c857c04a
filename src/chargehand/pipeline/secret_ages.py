"""Since when each secret is the one it is.

Of a secret so little is noted that nobody finds it by that, and enough to see that it was changed,
by whatever hand.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from chargehand.storage.transaction import Reading, Writing

_MARK: Final = "secret_mark"


def note_age(tx: Writing, setting: str, mark: int, *, now: datetime) -> None:
    """Note which secret a setting holds; the same as before keeps its age."""
    known = tx.observations.find(_MARK, setting)
    if known is None or known.value != mark:
        tx.observations.note(_MARK, setting, mark, now=now)


def forget_age(tx: Writing, setting: str) -> None:
    """Forget a secret that is not there any more."""
    tx.observations.forget(_MARK, setting)


def note_ages(tx: Writing, marks: Mapping[str, int], *, now: datetime) -> None:
    """Note every secret of the settings, and forget those that went."""
    known = tx.observations.all_of(_MARK)
    for setting, mark in marks.items():
        if setting not in known or known[setting].value != mark:
            tx.observations.note(_MARK, setting, mark, now=now)
    for setting in known.keys() - marks.keys():
        forget_age(tx, setting)


def secret_ages(tx: Reading | Writing) -> Mapping[str, datetime]:
    """Since when the secret of each setting is known; a setting nobody looked at is left out."""
    return {setting: noted.observed_at for setting, noted in tx.observations.all_of(_MARK).items()}
