"""Asks the configured models, in order, for the plan of one question."""

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic_ai import Agent, ModelRetry, RunContext, ToolOutput, UsageLimits
from pydantic_ai.models import Model
from pydantic_ai.settings import ModelSettings

from chargehand.agents.config import ProviderConfig, RunLimits
from chargehand.agents.failures import failure_of_run
from chargehand.agents.masking import Mask
from chargehand.agents.metered import MeteredModel
from chargehand.agents.prompts import (
    DECISION_PROMPT,
    LOOK_UP_DESCRIPTION,
    SystemPrompt,
    not_to_name,
    user_prompt,
)
from chargehand.agents.providers import open_model
from chargehand.agents.purse import PURPOSE, Spender
from chargehand.agents.resting import Rests
from chargehand.agents.schemas import DecisionOutput
from chargehand.agents.transport import PaidClient, open_http_client
from chargehand.domain.ids import WorkItemKey
from chargehand.domain.json import JSONObject
from chargehand.domain.keys import keys_in, project_of_key
from chargehand.kit.clock import Clock
from chargehand.plugins.budget import BudgetDoor
from chargehand.plugins.model import (
    PASSING,
    Consent,
    ModelFailure,
    ModelQuestion,
    ModelRun,
    SentRequest,
)

# A second try after an answer that does not fit; more would be paying for hope.
_RETRIES = 1
_ENDING: Final = frozenset(
    {ModelFailure.BUDGET_EXCEEDED, ModelFailure.LIMIT_REACHED, ModelFailure.STOPPED}
)


@dataclass(slots=True)
class _Run:
    """One question while it is asked: what may be named grows with what is looked up."""

    question: ModelQuestion
    mask: Mask
    known: set[WorkItemKey]
    shown: set[WorkItemKey] = field(default_factory=set)

    def show(self, material: JSONObject) -> JSONObject:
        """The material with its secrets masked, its keys remembered."""
        masked = self.mask.mapping(material)
        self.shown |= keys_in(json.dumps(masked, ensure_ascii=False))
        return masked

    def never_shown(self, response: str) -> list[str]:
        """The keys a response names that nobody showed."""
        served = self.question.served_projects
        return sorted(
            key
            for key in keys_in(response, served) - self.known
            if project_of_key(key) in served or key not in self.shown
        )


@dataclass(frozen=True, slots=True)
class _Provider:
    config: ProviderConfig
    client: PaidClient
    model: Model


class Models:
    """The `ModelDoor` of the configured providers.

    Shape: `prompt` is the system prompt, and `purpose` the word their money is spent for.
    """

    def __init__(
        self,
        providers: Sequence[ProviderConfig],
        budget: BudgetDoor,
        *,
        clock: Clock,
        known_secrets: Iterable[str] = (),
        limits: RunLimits | None = None,
        prompt: SystemPrompt = DECISION_PROMPT,
        purpose: str = PURPOSE,
    ) -> None:
        self._limits = limits or RunLimits()
        self._budget = budget
        self._clock = clock
        self._mask = Mask(known_secrets)
        self._rests = Rests(self._limits)
        self._prompt = SystemPrompt(self._mask.text(prompt.text), prompt.version)
        self._purpose = purpose
        self._agent = _build_agent(self._prompt)
        self._providers = [self._open(one) for one in providers]

    def can_serve(self, consent: Consent) -> bool:
        """Whether any configured model may be asked under this consent."""
        return any(may_serve(one.config, consent) for one in self._providers)

    async def decide(self, question: ModelQuestion) -> ModelRun:
        """Ask the first provider that may and can; the next one when it fails."""
        last = ModelRun(ModelFailure.UNAVAILABLE, prompt_version=self._prompt.version)
        sent: list[SentRequest] = []
        for provider in self._providers:
            if not may_serve(provider.config, question.consent):
                continue
            rest_s = self._rests.left_s(provider.config.id, now=self._clock.now())
            if rest_s > 0:
                last = last if sent else _resting(provider.config, rest_s)
                continue
            last = await self._ask(provider, question)
            sent.extend(last.requests)
            if not isinstance(last.outcome, ModelFailure):
                break
            if last.outcome in _ENDING:
                # Another provider would cost as much, or be led astray as far.
                break
        return ModelRun(
            last.outcome,
            provider=last.provider,
            model=last.model,
            prompt_version=self._prompt.version,
            requests=tuple(sent),
            retry_after_s=last.retry_after_s,
        )

    async def aclose(self) -> None:
        """Close the connections; safe to call twice."""
        for provider in self._providers:
            await provider.client.aclose()

    def _open(self, config: ProviderConfig) -> _Provider:
        client = open_http_client(config, self._limits)
        return _Provider(config, client, open_model(config, client))

    async def _ask(self, provider: _Provider, question: ModelQuestion) -> ModelRun:
        config = provider.config
        model = MeteredModel(
            provider.model, self._spender(config, question), timeout_s=config.timeout_s
        )
        outcome = await self._run(model, config, question)
        now = self._clock.now()
        if not isinstance(outcome, ModelFailure):
            self._rests.note_answer(config.id)
        elif outcome in PASSING:
            self._rests.note_failure(config.id, retry_after_s=model.retry_after_s, now=now)
        return ModelRun(
            outcome.to_plan() if isinstance(outcome, DecisionOutput) else outcome,
            provider=config.id,
            model=config.model,
            requests=tuple(model.requests),
            retry_after_s=model.retry_after_s,
        )

    async def _run(
        self, model: MeteredModel, config: ProviderConfig, question: ModelQuestion
    ) -> DecisionOutput | ModelFailure:
        run = _Run(question, self._mask, set(question.known_keys))
        limits = UsageLimits(
            request_limit=self._limits.requests, tool_calls_limit=self._limits.tool_calls
        )
        settings = ModelSettings(max_tokens=config.output_tokens, parallel_tool_calls=False)
        try:
            async with asyncio.timeout(self._limits.seconds):
                ended = await self._agent.run(
                    user_prompt(run.show(question.material)),
                    deps=run,
                    model=model,
                    model_settings=settings,
                    usage_limits=limits,
                    infer_name=False,
                )
        except Exception as error:  # noqa: BLE001 - an edge: a library reads what a stranger wrote.
            return model.failure or failure_of_run(error)
        return ended.output

    def _spender(self, config: ProviderConfig, question: ModelQuestion) -> Spender:
        return Spender(
            budget=self._budget,
            clock=self._clock,
            price=config.price,
            project=question.project,
            subject_id=question.subject_id,
            provider=config.id,
            prompt_version=self._prompt.version,
            output_tokens=config.output_tokens,
            member_id=question.member_id,
            purpose=self._purpose,
        )


def may_serve(config: ProviderConfig, consent: Consent) -> bool:
    """Whether a provider may see the texts of a project with this consent."""
    return consent is Consent.ANY or (consent is Consent.LOCAL and config.is_local)


def _resting(config: ProviderConfig, rest_s: float) -> ModelRun:
    return ModelRun(
        ModelFailure.UNAVAILABLE, provider=config.id, model=config.model, retry_after_s=rest_s
    )


def _build_agent(prompt: SystemPrompt) -> Agent[_Run, DecisionOutput]:
    agent = Agent(
        output_type=ToolOutput(DecisionOutput, name="decide"),
        deps_type=_Run,
        name="decision",
        instructions=prompt.text,
        retries=_RETRIES,
    )

    async def look_up_work_item(context: RunContext[_Run], key: str) -> dict[str, Any]:
        run = context.deps
        found = await run.question.look_up_work_item(key)
        run.known |= found.known_keys
        return dict(run.show(found.shown))

    agent.tool(description=LOOK_UP_DESCRIPTION)(look_up_work_item)

    async def name_only_what_was_shown(
        context: RunContext[_Run], output: DecisionOutput
    ) -> DecisionOutput:
        unknown = context.deps.never_shown(output.response)
        if unknown:
            raise ModelRetry(not_to_name(unknown))
        return output

    agent.output_validator(name_only_what_was_shown)
    return agent
