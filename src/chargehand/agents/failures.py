"""What went wrong with a model, in a closed word."""

import asyncio
from collections.abc import Iterator

import httpx2
from pydantic_ai.exceptions import (
    ContentFilterError,
    ModelAPIError,
    ModelConnectionError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestRejectedError,
    ModelRequestTimeout,
    ModelServerError,
    ModelTimeoutError,
    ModelUnavailableError,
    OutputTokenLimitExceeded,
    UsageLimitExceeded,
)

from chargehand.agents.purse import Purse
from chargehand.domain.errors import Retryable
from chargehand.plugins.budget import BudgetExceeded, ModelsStopped
from chargehand.plugins.model import ModelFailure

_BUSY, _TIMED_OUT = 429, 408
_REFUSED_FROM, _FAILING_FROM = 300, 500
# The more exact before the more general: the first that fits counts.
_WORDS: tuple[tuple[tuple[type[BaseException], ...], ModelFailure], ...] = (
    ((UsageLimitExceeded, OutputTokenLimitExceeded), ModelFailure.LIMIT_REACHED),
    (
        (ModelTimeoutError, ModelRequestTimeout, TimeoutError, httpx2.TimeoutException),
        ModelFailure.TIMED_OUT,
    ),
    ((asyncio.CancelledError,), ModelFailure.TIMED_OUT),
    ((ModelRateLimitError,), ModelFailure.BUSY),
    ((ModelQuotaExceededError, ContentFilterError), ModelFailure.REFUSED),
    (
        (ModelUnavailableError, ModelServerError, ModelConnectionError, httpx2.TransportError),
        ModelFailure.UNAVAILABLE,
    ),
    ((ModelRequestRejectedError,), ModelFailure.REFUSED),
)


def failure_of_request(error: BaseException, purse: Purse) -> ModelFailure:
    """Why one request gave no answer; what the wire saw goes before what a library made of it."""
    if purse.refusal is not None:
        return _failure_of_budget(purse.refusal)
    if purse.is_too_large:
        return ModelFailure.LIMIT_REACHED
    by_status = _failure_of_status(purse.status)
    return by_status or failure_of_run(error)


def failure_of_run(error: BaseException) -> ModelFailure:
    """Why a run gave no plan; junk is what nothing else explains."""
    for kinds, word in _WORDS:
        if any(isinstance(one, kinds) for one in _causes(error)):
            return word
    is_plain = any(type(one) is ModelAPIError for one in _causes(error))
    return ModelFailure.UNAVAILABLE if is_plain else ModelFailure.JUNK


def _failure_of_budget(error: BaseException) -> ModelFailure:
    if isinstance(error, BudgetExceeded):
        return ModelFailure.BUDGET_EXCEEDED
    if isinstance(error, ModelsStopped):
        return ModelFailure.STOPPED
    is_away = isinstance(error, Retryable)
    return ModelFailure.UNAVAILABLE if is_away else ModelFailure.REFUSED


def _failure_of_status(status: int | None) -> ModelFailure | None:
    if status is None or status < _REFUSED_FROM:
        return None
    if status == _BUSY:
        return ModelFailure.BUSY
    if status == _TIMED_OUT:
        return ModelFailure.TIMED_OUT
    return ModelFailure.UNAVAILABLE if status >= _FAILING_FROM else ModelFailure.REFUSED


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
