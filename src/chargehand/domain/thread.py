"""What was said in a thread of a chat."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ThreadMessage:
    """One message of a thread; `is_ours` is true where the bot wrote it.

    Shape: `is_outsider` is true where a guest, another organization, or an app wrote it, and where
    nobody can tell who did.
    Units: `sent_at` is the vendor's time, UTC; None where it does not say.
    """

    message_id: str
    author: str
    text: str
    sent_at: datetime | None
    is_ours: bool = False
    is_outsider: bool = False
