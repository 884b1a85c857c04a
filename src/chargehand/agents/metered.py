"""A model whose every request is paid for; there is no other way to one."""

import asyncio

from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, UserPromptPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from chargehand.agents.config import ProviderConfig, RunLimits
from chargehand.agents.failures import failure_of_request
from chargehand.agents.providers import open_model
from chargehand.agents.purse import PURSE, Purse, Spender
from chargehand.agents.transport import open_http_client
from chargehand.domain.ids import ProjectKey
from chargehand.kit.clock import Clock
from chargehand.plugins.budget import BudgetDoor, Spent
from chargehand.plugins.model import ModelFailure, SentRequest

_TINY_TOKENS = 16


class MeteredModel(WrapperModel):
    """One provider's model for one question.

    Shape: `requests` are those made so far, oldest first; `failure` is why the last one failed,
    None while all is well. Answers are streamed, so that a server that stalls is noticed at once.
    Whatever else the wrapped model can send has no purse, and the wire holds it back.
    """

    def __init__(self, wrapped: Model, spender: Spender, *, timeout_s: float) -> None:
        super().__init__(wrapped)
        self.requests: list[SentRequest] = []
        self.failure: ModelFailure | None = None
        self.retry_after_s: float | None = None
        self._spender = spender
        self._timeout_s = timeout_s

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """One turn: reserved, sent, read to its end, settled."""
        purse = Purse(self._spender)
        token = PURSE.set(purse)
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._read(messages, model_settings, model_request_parameters)
        except BaseException as error:
            self.failure = failure_of_request(error, purse)
            self.retry_after_s = purse.retry_after_s
            self.requests.append(await purse.settle_failed(self.failure.value))
            raise
        finally:
            PURSE.reset(token)
        self.requests.append(await purse.settle(_spent(response.usage)))
        return response

    async def _read(
        self,
        messages: list[ModelMessage],
        settings: ModelSettings | None,
        parameters: ModelRequestParameters,
    ) -> ModelResponse:
        async with self.wrapped.request_stream(messages, settings, parameters) as stream:
            async for _ in stream:
                pass
            return stream.get()


async def try_once(
    config: ProviderConfig, budget: BudgetDoor, *, clock: Clock, project: ProjectKey
) -> SentRequest:
    """What became of one tiny request without anybody's texts, whatever that is."""
    client = open_http_client(config, RunLimits())
    spender = Spender(
        budget=budget,
        clock=clock,
        price=config.price,
        project=project,
        subject_id="doctor",
        provider=config.id,
        prompt_version="doctor",
        output_tokens=_TINY_TOKENS,
    )
    model = MeteredModel(open_model(config, client), spender, timeout_s=config.timeout_s)
    question = ModelRequest(parts=[UserPromptPart("Answer with the one word: ready")])
    try:
        await model.request(
            [question], ModelSettings(max_tokens=_TINY_TOKENS), ModelRequestParameters()
        )
    except Exception:  # noqa: BLE001 - an edge: what it was is in the request that was noted.
        assert model.requests
    finally:
        await client.aclose()
    return model.requests[-1]


def _spent(usage: RequestUsage) -> Spent:
    return Spent(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
    )
