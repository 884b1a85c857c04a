"""Sessions: a member who proved who they are, for a while."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chargehand.domain.ids import MemberId, SessionId


class SignInMethod(StrEnum):
    """How a member proved who they are."""

    PASSWORD = "password"  # noqa: S105 - a word, no password.
    OIDC = "oidc"


class Device(StrEnum):
    """What a session was begun with, as far as people need to tell their own apart."""

    PHONE = "phone"
    COMPUTER = "computer"
    PROGRAM = "program"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session without its secret.

    Shape: `ends_at` is its end whatever happens; `ended_at` is None unless somebody ended it
    before; how long it lasts without use is a setting.
    """

    id: SessionId
    member_id: MemberId
    method: SignInMethod
    device: Device
    started_at: datetime
    used_at: datetime
    ends_at: datetime
    ended_at: datetime | None
