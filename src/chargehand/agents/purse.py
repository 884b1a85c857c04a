"""Pays for one request to a model: reserved before it leaves, settled when its end is known.

    pay -> (the request leaves) -> settle        the provider said what it used
                                -> settle_failed release, zero or the worst case, by what is known

One purse is good for one request: the transport asks it before anything is sent, so that neither a
retry inside a library nor a request nobody thought of gets past.

Rejected
└── UnpaidRequest    a request without a purse, with a used one, or without an output limit
"""

import json
from collections.abc import Awaitable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeVar

from chargehand.domain.errors import ChargehandError, Rejected, Retryable
from chargehand.domain.ids import MemberId, ProjectKey, ReservationId
from chargehand.kit.clock import Clock
from chargehand.kit.ids import new_id
from chargehand.plugins.budget import BudgetDoor, ModelPrice, SpendRequest, Spent
from chargehand.plugins.model import SentRequest

T = TypeVar("T")
PURPOSE: Final = "decision"
# What providers add of their own to a request that carries tools.
_ADDED_TOKENS: Final = 1000
_ENDLESS: Final = 1 << 62
_REFUSED_FROM, _REFUSED_TO = 400, 500
# Answers by which a server says that it did not begin.
_NOT_BEGUN: Final = frozenset({503, 529})


class UnpaidRequest(Rejected):
    """A request to a model that nobody reserved money for; it was not sent."""

    code = "model_request_unpaid"
    template = "A request to a model was held back: {why}."


class Fate(StrEnum):
    """What is known of a request."""

    UNBUILT = "unbuilt"
    NOT_SENT = "not_sent"
    MAY_HAVE_LEFT = "may_have_left"


@dataclass(frozen=True, slots=True)
class Spender:
    """Whose money it is, at what price, and what for."""

    budget: BudgetDoor
    clock: Clock
    price: ModelPrice
    project: ProjectKey
    subject_id: str
    provider: str
    prompt_version: str
    output_tokens: int
    member_id: MemberId | None = None
    purpose: str = PURPOSE


class Purse:
    """The money for one request, and what became of it."""

    def __init__(self, spender: Spender) -> None:
        now = spender.clock.now()
        self.fate = Fate.UNBUILT
        self.refusal: ChargehandError | None = None
        self.status: int | None = None
        self.retry_after_s: float | None = None
        self.is_too_large = False
        self._spender = spender
        self._reservation = ReservationId(new_id("rsv", now))
        self._at: datetime = now
        self._body = ""
        self._reserved = Decimal(0)
        self._is_reserved = False

    async def pay(self, body: bytes) -> None:
        """Reserve the most this request can cost; what it raises keeps the request from leaving.

        Raises: UnpaidRequest, BudgetExceeded, or what the budget's store raises; `refusal` keeps
        it, since libraries wrap what a transport raises.
        """
        try:
            await self._reserve(body)
        except ChargehandError as error:
            self.refusal = error
            raise

    async def _reserve(self, body: bytes) -> None:
        if self._body:
            raise UnpaidRequest(why="its reservation was used for another one")
        spender = self._spender
        self._body = body.decode("utf-8", "replace")
        if _output_limit(self._body) > spender.output_tokens:
            raise UnpaidRequest(why="it names no limit of its output, or one that is too high")
        self.fate = Fate.NOT_SENT
        self._reserved = await spender.budget.reserve(
            SpendRequest(
                reservation_id=self._reservation,
                project=spender.project,
                purpose=spender.purpose,
                subject_id=spender.subject_id,
                model=spender.price,
                input_tokens_at_most=len(body) + _ADDED_TOKENS,
                output_tokens_at_most=spender.output_tokens,
                member_id=spender.member_id,
            )
        )
        self._is_reserved = True
        # From here on a death leaves it open whether the request left.
        self.fate = Fate.MAY_HAVE_LEFT

    async def settle(self, spent: Spent) -> SentRequest:
        """Charge what the provider reported; the worst case when it reported nothing."""
        if spent.input_tokens == 0:
            return self._sent("answered", spent, await self._charged_in_full())
        cost = await _or(self._spender.budget.settle(self._reservation, spent), self._reserved)
        return self._sent("answered", spent, cost)

    async def settle_failed(self, outcome: str) -> SentRequest:
        """Charge what a failed request can have cost, by what is known of it."""
        nothing = Spent(input_tokens=0, output_tokens=0)
        budget = self._spender.budget
        if not self._is_reserved:
            return self._sent("not_sent", nothing, Decimal(0))
        if self.fate is Fate.NOT_SENT:
            await _or(budget.release(self._reservation), None)
            return self._sent("not_sent", nothing, Decimal(0))
        if self._is_refused():
            cost = await _or(budget.settle(self._reservation, nothing), self._reserved)
            return self._sent(outcome, nothing, cost)
        return self._sent(outcome, nothing, await self._charged_in_full())

    async def _charged_in_full(self) -> Decimal:
        return await _or(self._spender.budget.settle_unknown(self._reservation), self._reserved)

    def _is_refused(self) -> bool:
        status = self.status
        if status is None:
            return False
        return _REFUSED_FROM <= status < _REFUSED_TO or status in _NOT_BEGUN

    def _sent(self, outcome: str, spent: Spent, cost: Decimal) -> SentRequest:
        spender = self._spender
        return SentRequest(
            reservation_id=self._reservation,
            provider=spender.provider,
            model=spender.price.model,
            prompt_version=spender.prompt_version,
            sent_at=self._at,
            body=self._body,
            outcome=outcome,
            input_tokens=spent.input_tokens,
            output_tokens=spent.output_tokens,
            cost_usd=cost,
        )


PURSE: Final[ContextVar[Purse | None]] = ContextVar("chargehand_purse", default=None)


async def _or(settling: Awaitable[T], otherwise: T) -> T:
    """What settling says; when the store is away the reservation stands, and expires as spent."""
    try:
        return await settling
    except Retryable:
        return otherwise


def _output_limit(body: str) -> int:
    """The most tokens a request lets the model write; endless when it does not say."""
    try:
        decoded = json.loads(body)
    except ValueError:
        return _ENDLESS
    if not isinstance(decoded, dict):
        return _ENDLESS
    named = [decoded.get(name) for name in ("max_tokens", "max_completion_tokens")]
    limits = [one for one in named if isinstance(one, int) and not isinstance(one, bool)]
    return max(limits, default=_ENDLESS)
