"""Errors of the inbox.

Retryable
├── InboxFull          more deliveries wait than the queue may hold
└── InboxUnavailable   the store can not be written now, or the inbox is closing
"""

from chargehand.domain.errors import Retryable


class InboxFull(Retryable):
    """More deliveries wait for the store than the queue may hold."""

    code = "inbox_full"
    template = (
        "The inbox is full: {waiting} deliveries ({waiting_bytes} bytes) wait to be stored. "
        "Send this one again in {retry_after_s} s."
    )


class InboxUnavailable(Retryable):
    """Nothing can be stored now; `reason` is for operators."""

    code = "inbox_unavailable"
    template = "The inbox can not store deliveries now. Send this one again in {retry_after_s} s."

    @property
    def reason(self) -> str:
        """What the store said, in a few words."""
        return str(self.fields.get("reason", ""))
