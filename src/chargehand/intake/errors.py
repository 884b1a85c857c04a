"""Errors of intake; those of the signature itself are in `plugins.errors`.

Rejected
├── ConnectionUnknown      no connection with that path
├── ConnectionAmbiguous    the short path, while several connections of that kind exist
├── BodyTooLarge           more than the connector's manifest allows
├── BodySlow               the body did not arrive in time
├── BodyCutOff             the sender hung up before the end of the body
├── DeliveryKeyUnusable    a delivery id no vendor sends
└── TooManyFailures        too many failed proofs from one address
Retryable
└── IntakeBusy             too many large bodies are being received at once
Fault
└── ProofBroken            a connector gave out what it was not handed
"""

from chargehand.domain.errors import Fault, Rejected, Retryable


class ConnectionUnknown(Rejected):
    """No connection with that path."""

    code = "connection_unknown"
    template = "There is no {connector} connection with this path."


class ConnectionAmbiguous(Rejected):
    """The short path does not say which of several connections is meant."""

    code = "connection_ambiguous"
    template = "Several {connector} connections exist; use the full path of one: {paths}."


class BodyTooLarge(Rejected):
    """The body is larger than the connector accepts."""

    code = "body_too_large"
    template = "The body is larger than the {limit_bytes} bytes this connection accepts."


class BodySlow(Rejected):
    """The body did not arrive in time."""

    code = "body_slow"
    template = "The body did not arrive within {timeout_s} s."


class BodyCutOff(Rejected):
    """The sender hung up before the end of the body."""

    code = "body_cut_off"
    template = "The connection was closed before the whole body had arrived."


class DeliveryKeyUnusable(Rejected):
    """A delivery id that is empty, too long or not printable."""

    code = "delivery_key_unusable"
    template = "The delivery id must have 1 to {limit} printable characters."


class TooManyFailures(Rejected):
    """Too many requests from one address could not prove who sent them."""

    code = "too_many_failures"
    template = (
        "Too many requests from this address could not prove their sender; wait {retry_after_s} s. "
        "Correctly signed requests are still accepted."
    )


class IntakeBusy(Retryable):
    """The bodies being received fill the memory set aside for them."""

    code = "intake_busy"
    template = "Too many bodies are being received; send this one again in {retry_after_s} s."


class ProofBroken(Fault):
    """A connector returned a delivery that is not the request it was handed."""

    code = "proof_broken"
    template = "The {connector} connector changed the {field} of a request while proving it."
