"""`replay --model` and `--prompt`: a model asked anew, after saying what that can cost."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from chargehand.cli.asking import AnswerMissing, is_terminal
from chargehand.cli.output import safe_line
from chargehand.cli.replay_errors import ReplayFileUnusable
from chargehand.domain.ids import ProjectKey

if TYPE_CHECKING:
    # They name types only.
    from datetime import datetime

    from chargehand.bootstrap.replaying_models import ReplayModels
    from chargehand.bootstrap.stores import Stores
    from chargehand.config.settings import Settings
    from chargehand.kit.clock import Clock
    from chargehand.pipeline.reasking import AskedModel, Question, Reasked, Reasking
    from chargehand.pipeline.reasking_many import ReaskSummary
    from chargehand.policy.in_force import Policy

_MOST_PROMPT_BYTES: Final = 64 * 1024
_NO_ROOM: Final = "budget_exceeded"


@dataclass(frozen=True, slots=True)
class Tried:
    """What a replay tries in the place of what was.

    Shape: `is_agreed` says that nobody has to be asked before money is spent.
    """

    model: str | None
    prompt: str | None
    policy: "Policy | None"
    is_agreed: bool

    @property
    def asks_a_model(self) -> bool:
        """Whether a model is asked; else what it answered then is taken."""
        return self.model is not None or self.prompt is not None


def read_prompt(path: Path) -> str:
    """The system prompt in a file.

    Raises: ReplayFileUnusable.
    """
    try:
        raw = path.read_bytes()
        text = raw.decode()
    except OSError as error:
        raise ReplayFileUnusable(path=path, problem=error.strerror or "it is no file") from error
    except UnicodeDecodeError as error:
        raise ReplayFileUnusable(path=path, problem="it is not text in UTF-8") from error
    if not text.strip():
        raise ReplayFileUnusable(path=path, problem="it is empty")
    if len(raw) > _MOST_PROMPT_BYTES:
        problem = f"it has {len(raw)} bytes, and a prompt at most {_MOST_PROMPT_BYTES}"
        raise ReplayFileUnusable(path=path, problem=problem)
    return text


class Reasks:
    """One command's questions to models."""

    def __init__(
        self, settings: "Settings", stores: "Stores", tried: Tried, *, clock: "Clock"
    ) -> None:
        self._settings = settings
        self._stores = stores
        self._tried = tried
        self._clock = clock

    def one(self, identifier: str) -> "Reasked":
        """Ask about one decision.

        Raises: NotFound, AnswerMissing, and what opening models raises.
        """
        return asyncio.run(self._one(identifier))

    def many(
        self,
        stretch: "tuple[datetime, datetime]",
        *,
        project: str | None,
        at_most: int,
        limit: int,
    ) -> "ReaskSummary":
        """Ask about the newest decisions of a stretch.

        Raises: AnswerMissing, and what opening models raises.
        """
        return asyncio.run(self._many(stretch, project, at_most=at_most, limit=limit))

    async def _one(self, identifier: str) -> "Reasked":
        # lazy: SQLAlchemy takes longer than `--help` may.
        from chargehand.pipeline.reasking import Reasked
        from chargehand.pipeline.replaying import decision_to_replay

        async with AsyncExitStack() as stack:
            models, reasking = await self._open(stack)
            prepared = self._stores.database.read(
                lambda tx: reasking.prepare(tx, decision_to_replay(tx, identifier))
            )
            if isinstance(prepared, Reasked):
                return prepared
            self._agree(models, [prepared])
            return await reasking.ask(prepared)

    async def _many(
        self,
        stretch: "tuple[datetime, datetime]",
        project: str | None,
        *,
        at_most: int,
        limit: int,
    ) -> "ReaskSummary":
        # lazy: as above.
        from chargehand.pipeline.reasking_many import ask_stretch, prepare_stretch

        async with AsyncExitStack() as stack:
            models, reasking = await self._open(stack)
            prepared = prepare_stretch(
                self._stores.database,
                reasking,
                since=stretch[0],
                until=stretch[1],
                project=ProjectKey(project.upper()) if project is not None else None,
                at_most=at_most,
                most=limit,
            )
            if prepared.questions:
                self._agree(models, prepared.questions)
            return await ask_stretch(reasking, prepared, progress=_progress)

    async def _open(self, stack: AsyncExitStack) -> "tuple[ReplayModels, Reasking]":
        # lazy: the libraries of models take seconds.
        from chargehand.bootstrap.models import model_rules
        from chargehand.bootstrap.receiving import previewers
        from chargehand.bootstrap.replaying_models import open_replay_models
        from chargehand.pipeline.reasking import Reasking

        settings, database = self._settings, self._stores.database
        models = await stack.enter_async_context(
            open_replay_models(
                settings,
                database,
                model=self._tried.model,
                prompt=self._tried.prompt,
                clock=self._clock,
            )
        )
        reasking = Reasking(
            database,
            models,
            consents=model_rules(settings).consents,
            previewers=previewers(settings),
            clock=self._clock,
            policy=self._tried.policy,
        )
        return models, reasking

    def _agree(self, models: "ReplayModels", questions: "list[Question]") -> None:
        """Say what asking can cost, and have somebody agree to it; what is free needs nobody."""
        # lazy: as above.
        from chargehand.budgets.money import to_usd

        worst = sum(one.worst_micro_usd for one in questions)
        whom = " and ".join(sorted({models.named(one.provider) for one in questions}))
        number = f"{len(questions)} decision{'s' if len(questions) > 1 else ''}"
        cost = f"at most {to_usd(worst)} US dollars"
        sys.stderr.write(f"Asks {whom} about {number}; it may cost {cost}.\n")
        if worst and not self._tried.is_agreed:
            if not is_terminal():
                raise AnswerMissing(what=f"Somebody's yes to {cost}", flag="--yes")
            typer.confirm("Spend it?", abort=True, err=True)
        models.agree(worst)


def _progress(done: int, total: int) -> None:
    sys.stderr.write(f"replay: {done} of {total} asked\n")


def asked_lines(asked: "AskedModel") -> Iterator[str]:
    """Who was asked, what came of it and what it cost."""
    # lazy: as above.
    from chargehand.pipeline.reasking import ANSWERED

    came = "answered" if asked.outcome == ANSWERED else f"gave no plan ({asked.outcome})"
    whom = f"{asked.model} of {asked.provider}" if asked.model else "The model"
    number = f"{asked.requests} request{'' if asked.requests == 1 else 's'}"
    yield (
        f"{safe_line(whom)} (prompt {asked.prompt_version}) {came}: {number}, "
        f"{asked.input_tokens} tokens in, {asked.output_tokens} out, {_usd(asked.cost_usd)} US "
        f"dollars; then it was {_usd(asked.cost_usd_then)}."
    )
    if asked.outcome == _NO_ROOM:
        yield "A budget has no room for it; `chargehand budget show` says how full each is."
    for key in asked.not_recorded:
        yield f"It wanted to look up {safe_line(key)}, which was not recorded; it was told so."
    for one in asked.unjudged:
        what = f"{one.kind} {one.work_item} {one.to or ' '.join(one.labels)}".strip()
        yield (
            f"It suggests {safe_line(what)!r}; whether that would be proposed is not known, since "
            "what that needs was not recorded."
        )


def summary_lines(summary: "ReaskSummary") -> Iterator[str]:
    """What asking about a stretch came to, beside what would be different."""
    # lazy: as above.
    from chargehand.pipeline.reasking import WHY_NOT_ASKED

    yield (
        f"  {summary.asked} asked, for {_usd(summary.cost_usd)} US dollars; then it was "
        f"{_usd(summary.cost_usd_then)}"
    )
    for word, number in summary.failures.items():
        yield f"  {number} without a plan: {word}"
    for why, number in summary.not_asked.items():
        yield f"  {number} not asked: {WHY_NOT_ASKED[why]}"
    if summary.not_recorded:
        yield f"  {summary.not_recorded} wanted to look up what was not recorded"
    if summary.unjudged:
        yield f"  {summary.unjudged} with suggestions that what was recorded can not judge"
    if summary.ended_by is not None:
        yield f"  {summary.left_out} left out after the last one ended in: {summary.ended_by}"


def _usd(amount: Decimal) -> str:
    return f"{amount.normalize():f}" if amount else "0"
