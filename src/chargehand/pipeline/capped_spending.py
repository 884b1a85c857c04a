"""A budget door that lets through no more than somebody was told before and said yes to."""

from decimal import Decimal

from chargehand.budgets.money import to_micro_usd, to_usd, worst_case_micro_usd
from chargehand.domain.ids import ReservationId
from chargehand.plugins.budget import BudgetDoor, BudgetExceeded, SpendRequest, Spent


class AgreedAmountReached(BudgetExceeded):
    """A request would cost more than was agreed to; nothing was reserved."""

    code = "agreed_amount_reached"
    template = (
        "At most {cap_usd} USD were agreed to, {spent_usd} USD of them are spent, and this request "
        "may cost {wanted_usd} USD. Begin anew to agree to more."
    )


class CappedSpending:
    """The budgets behind it, and one amount above them all that is for one command.

    Shape: nothing is agreed to at first; `agree` adds to it.
    """

    def __init__(self, door: BudgetDoor) -> None:
        self._door = door
        self._agreed = 0
        self._spent = 0
        self._held: dict[ReservationId, int] = {}

    def agree(self, micro_usd: int) -> None:
        """Let so much more through.

        Units: micro-dollars.
        """
        self._agreed += micro_usd

    async def reserve(self, request: SpendRequest) -> Decimal:
        """As the door behind it, within what was agreed to.

        Raises: AgreedAmountReached, and what the door raises.
        """
        wanted = worst_case_micro_usd(
            request.model,
            input_tokens_at_most=request.input_tokens_at_most,
            output_tokens_at_most=request.output_tokens_at_most,
        )
        used = self._spent + sum(self._held.values())
        if used + wanted > self._agreed:
            raise AgreedAmountReached(
                cap_usd=str(to_usd(self._agreed)),
                spent_usd=str(to_usd(used)),
                wanted_usd=str(to_usd(wanted)),
                resets_at="",
            )
        reserved = await self._door.reserve(request)
        self._held[request.reservation_id] = wanted
        return reserved

    async def settle(self, reservation_id: ReservationId, spent: Spent) -> Decimal:
        """As the door behind it."""
        return self._ended(reservation_id, await self._door.settle(reservation_id, spent))

    async def settle_unknown(self, reservation_id: ReservationId) -> Decimal:
        """As the door behind it."""
        return self._ended(reservation_id, await self._door.settle_unknown(reservation_id))

    async def release(self, reservation_id: ReservationId) -> None:
        """As the door behind it."""
        await self._door.release(reservation_id)
        self._held.pop(reservation_id, None)

    def _ended(self, reservation_id: ReservationId, cost_usd: Decimal) -> Decimal:
        if self._held.pop(reservation_id, None) is not None:
            self._spent += to_micro_usd(cost_usd)
        return cost_usd
