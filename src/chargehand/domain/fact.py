"""One piece of data with its source and time, or *unknown* with a reason."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")


class UnknownReason(StrEnum):
    """Why a fact could not be read; every reason has a sentence in the catalogue."""

    NOT_FOUND = "not_found"
    NO_ACCESS = "no_access"
    SIGN_IN_REFUSED = "sign_in_refused"
    NOT_CONFIGURED = "not_configured"
    UNREACHABLE = "unreachable"
    RATE_LIMITED = "rate_limited"
    UNREADABLE = "unreadable"


_PASSING = frozenset(
    {UnknownReason.UNREACHABLE, UnknownReason.RATE_LIMITED, UnknownReason.SIGN_IN_REFUSED}
)


@dataclass(frozen=True, slots=True)
class Fact(Generic[T]):
    """A value that was read.

    Units: `read_at` is UTC. `source_url` opens the place a person can check it.
    """

    value: T
    source_url: str
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that could not be read, and why; `detail` is for operators, never for tickets.

    Units: `retry_after_s` is how long the vendor asked us to wait, None when it said nothing.
    """

    reason: UnknownReason
    detail: str = ""
    retry_after_s: float | None = None

    @property
    def is_passing(self) -> bool:
        """Whether reading again later may succeed, once the vendor or an operator mended it."""
        return self.reason in _PASSING


Known: TypeAlias = Fact[T] | Unknown
