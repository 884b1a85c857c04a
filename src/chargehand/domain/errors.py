"""The one error tree.

ChargehandError
├── Retryable   try later; honours `retry_after_s`
├── Rejected    the caller or the payload is wrong; trying again changes nothing
└── Fault       our own bug or a broken promise of the machine; a person is told

Every room defines its errors below one of the three, next to the code that raises them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class ChargehandError(Exception):
    """Base of everything chargehand raises on purpose; the text is built from the fields."""

    code: ClassVar[str] = "error"
    template: ClassVar[str] = "Something went wrong."

    def __init__(self, **fields: object) -> None:
        self.fields: Mapping[str, object] = fields
        super().__init__(self.template.format(**fields))

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process boundaries in tests and in the thread pool; keyword-only
        # construction is not what Exception pickles by itself.
        return (_rebuild, (type(self), dict(self.fields)))


def _rebuild(kind: type[ChargehandError], fields: dict[str, object]) -> ChargehandError:
    return kind(**fields)


class Retryable(ChargehandError):
    """Trying again later can succeed."""

    code = "retryable"
    template = "This did not work now and may work later."

    @property
    def retry_after_s(self) -> float | None:
        """Seconds the other side asked us to wait; None when it said nothing."""
        value = self.fields.get("retry_after_s")
        return float(value) if isinstance(value, int | float) else None


class Rejected(ChargehandError):
    """The request itself is wrong; the same request will be refused again."""

    code = "rejected"
    template = "This request can not be accepted."


class Fault(ChargehandError):
    """A bug of ours, or a machine that broke its promise."""

    code = "fault"
    template = "chargehand met a state it should never be in."
