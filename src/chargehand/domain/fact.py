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
    NOT_CONFIGURED = "not_configured"
    UNREACHABLE = "unreachable"
    RATE_LIMITED = "rate_limited"
    UNREADABLE = "unreadable"


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
    """A value that could not be read, and why; `detail` is for operators, never for tickets."""

    reason: UnknownReason
    detail: str = ""

    @property
    def is_passing(self) -> bool:
        """Whether reading again later may succeed."""
        return self.reason in (UnknownReason.UNREACHABLE, UnknownReason.RATE_LIMITED)


Known: TypeAlias = Fact[T] | Unknown
