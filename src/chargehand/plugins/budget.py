"""The door every model request pays at; whoever calls a model sees this much of the money.

A request first reserves the most it can cost, then is sent, then is settled with what the provider
reported:

    reserve -> send -> settle            an answer came
                    -> settle_unknown    it may have been sent, and nobody knows what it used
            -> release                   it certainly never left

The only way past a reservation is one of these three; one whose owner died is settled at its worst
case when it expires, since a death before the sending looks the same as one after it.

Rejected
├── BudgetExceeded        a cap has no room for the most this request can cost
│   └── TokenBudgetExceeded   the same, of a cap in tokens
├── ReservationDiffers    the same id was reserved before, for less
├── ReservationClosed     the same id was reserved before, and is settled or released
└── ReservationUnknown    nothing was ever reserved under this id
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol

from chargehand.domain.errors import Rejected
from chargehand.domain.ids import MemberId, ProjectKey, ReservationId

FOREMAN: Final = "chargehand"


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """What a model costs.

    Shape: `table_version` is the version of the price table, or "configured"; `is_at_most` is True
    when the model is unpriced and charged at the dearest of its vendor.
    Units: US dollars for one million tokens.
    """

    provider: str
    model: str
    input_usd: Decimal
    output_usd: Decimal
    cache_read_usd: Decimal
    cache_write_usd: Decimal
    table_version: str
    is_at_most: bool


@dataclass(frozen=True, slots=True)
class SpendRequest:
    """What one model request may cost at most, and what for.

    Shape: the caller makes `reservation_id`, a fresh one for each request it sends; reserving twice
    with one id is one reservation.
    `purpose` is a closed word, such as "decision"; `subject_id` is the ask or event it is spent
    for, whose budget as a run it counts against; `agent` is who sends it, and `member_id` the
    member who asked, None where no account that carries rights did.
    Units: tokens; the bytes of the input are at least its tokens, so they serve as the worst case.
    """

    reservation_id: ReservationId
    project: ProjectKey | None
    purpose: str
    subject_id: str
    model: ModelPrice
    input_tokens_at_most: int
    output_tokens_at_most: int
    member_id: MemberId | None = None
    agent: str = FOREMAN


@dataclass(frozen=True, slots=True)
class Spent:
    """What a request used, as its provider reported it.

    Shape: `input_tokens` counts all of the input; what was read from the cache or written to it is
    a part of that, named apart because it has another price.
    """

    input_tokens: int
    output_tokens: int
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0


class BudgetDoor(Protocol):
    """Keeps every cap: what is not reserved here is not sent to a model."""

    async def reserve(self, request: SpendRequest) -> Decimal:
        """Take the worst case out of every budget it counts against; all of them, or none.

        Units: the reserved US dollars.
        Raises: BudgetExceeded, ModelsStopped, ReservationClosed, ReservationDiffers, all Rejected;
        StoreBusy and
        StoreUnavailable, retryable, after which nothing may be sent.
        """
        ...

    async def settle(self, reservation_id: ReservationId, spent: Spent) -> Decimal:
        """Replace a reservation by what it cost; settling twice is settling once.

        Usage above the reservation is recorded in full, and the operator is told.
        Units: the cost in US dollars.
        Raises: ReservationUnknown, ReservationClosed when it was released; retryable errors of the
        store.
        """
        ...

    async def settle_unknown(self, reservation_id: ReservationId) -> Decimal:
        """Settle at the worst case, when a request may have been sent and nothing is known of it.

        Units: the cost in US dollars.
        Raises: as `settle`.
        """
        ...

    async def release(self, reservation_id: ReservationId) -> None:
        """Give a reservation back, when nothing was sent; releasing twice is releasing once.

        Raises: ReservationUnknown, ReservationClosed when it was settled; retryable errors of the
        store.
        """
        ...


class BudgetExceeded(Rejected):
    """A cap has no room for the most this request can cost; nothing was reserved.

    Shape: `cap` names the budget in words; `resets` says when it has room again by itself, and
    `still_works` what can be had without the money.
    """

    code = "budget_exceeded"
    template = (
        "The budget of {cap} has no room: {cap_usd} USD, of which {spent_usd} USD are spent and "
        "{reserved_usd} USD reserved; this request may cost {wanted_usd} USD. {resets} "
        "{still_works}"
    )

    @property
    def resets_at(self) -> datetime | None:
        """When the budget has room again by itself; None for that of a run."""
        moment = str(self.fields["resets_at"])
        return datetime.fromisoformat(moment) if moment else None


class TokenBudgetExceeded(BudgetExceeded):
    """A cap in tokens has no room for the most this request can use; nothing was reserved."""

    code = "token_budget_exceeded"
    template = (
        "The budget of {cap} has no room: {cap_tokens} tokens, of which {spent_tokens} are spent "
        "and {reserved_tokens} reserved; this request may use {wanted_tokens}. {resets} "
        "{still_works}"
    )


class ModelsStopped(Rejected):
    """A stop or a flag keeps models from being asked; nothing was reserved."""

    code = "models_stopped"
    template = "No model is asked now: {why}."


class ReservationDiffers(Rejected):
    """The same id was reserved before, for less than is wanted now."""

    code = "reservation_differs"
    template = (
        "The reservation {reservation_id} holds {reserved_usd} USD, and {wanted_usd} USD are "
        "wanted now; another request needs a reservation of its own."
    )


class ReservationClosed(Rejected):
    """A reservation that has ended, in another way than it is now asked to."""

    code = "reservation_closed"
    template = "The reservation {reservation_id} is {state} already."


class ReservationUnknown(Rejected):
    """Nothing was reserved under this id."""

    code = "reservation_unknown"
    template = "There is no reservation {reservation_id}."
