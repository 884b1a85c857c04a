"""A budget in memory: one cap, and everything that was ever reserved."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from chargehand.domain.ids import ReservationId
from chargehand.plugins.budget import (
    BudgetExceeded,
    ModelPrice,
    ReservationClosed,
    ReservationUnknown,
    SpendRequest,
    Spent,
)

_PER: Final = Decimal(1_000_000)
_RESETS_AT: Final = datetime(2027, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Reserved:
    """One reservation: `state` is open, settled, unknown or released."""

    request: SpendRequest
    at_most_usd: Decimal
    state: str = "open"
    cost_usd: Decimal = Decimal(0)


class PettyCash:
    """The `BudgetDoor` of a test; what is left open at its end was forgotten."""

    def __init__(self, cap_usd: str = "10") -> None:
        self.cap_usd = Decimal(cap_usd)
        self.reservations: dict[ReservationId, Reserved] = {}

    @property
    def states(self) -> list[str]:
        """How every reservation ended, in the order they were made."""
        return [one.state for one in self.reservations.values()]

    @property
    def spent_usd(self) -> Decimal:
        """What was charged so far."""
        return sum((one.cost_usd for one in self.reservations.values()), Decimal(0))

    async def reserve(self, request: SpendRequest) -> Decimal:
        """Take the worst case, or refuse."""
        wanted = worst_case_usd(request)
        held = sum(
            (one.at_most_usd for one in self.reservations.values() if one.state == "open"),
            Decimal(0),
        )
        if self.spent_usd + held + wanted > self.cap_usd:
            raise BudgetExceeded(
                cap="the test",
                cap_usd=self.cap_usd,
                spent_usd=self.spent_usd,
                reserved_usd=held,
                wanted_usd=wanted,
                resets=f"It resets at {_RESETS_AT.isoformat()}.",
                resets_at=_RESETS_AT.isoformat(),
                still_works="",
            )
        self.reservations[request.reservation_id] = Reserved(request, wanted)
        return wanted

    async def settle(self, reservation_id: ReservationId, spent: Spent) -> Decimal:
        """Charge what was used."""
        reserved = self._open(reservation_id, "settled")
        reserved.cost_usd = cost_usd(reserved.request.model, spent)
        return reserved.cost_usd

    async def settle_unknown(self, reservation_id: ReservationId) -> Decimal:
        """Charge the worst case."""
        reserved = self._open(reservation_id, "unknown")
        reserved.cost_usd = reserved.at_most_usd
        return reserved.cost_usd

    async def release(self, reservation_id: ReservationId) -> None:
        """Charge nothing."""
        self._open(reservation_id, "released")

    def _open(self, reservation_id: ReservationId, state: str) -> Reserved:
        reserved = self.reservations.get(reservation_id)
        if reserved is None:
            raise ReservationUnknown(reservation_id=reservation_id)
        if reserved.state != "open":
            raise ReservationClosed(reservation_id=reservation_id, state=reserved.state)
        reserved.state = state
        return reserved


def worst_case_usd(request: SpendRequest) -> Decimal:
    """The most a request can cost."""
    price = request.model
    dearest = max(price.input_usd, price.cache_read_usd, price.cache_write_usd)
    taken = request.input_tokens_at_most * dearest
    return (taken + request.output_tokens_at_most * price.output_usd) / _PER


def cost_usd(price: ModelPrice, spent: Spent) -> Decimal:
    """What some usage costs."""
    plain = spent.input_tokens - spent.cache_read_tokens - spent.cache_write_tokens
    return (
        plain * price.input_usd
        + spent.cache_read_tokens * price.cache_read_usd
        + spent.cache_write_tokens * price.cache_write_usd
        + spent.output_tokens * price.output_usd
    ) / _PER
