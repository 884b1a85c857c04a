"""Flags: switches that work while everything runs."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from chargehand.domain.json import JSONValue
from chargehand.flags.registry import Flag
from chargehand.pipeline import looking
from chargehand.pipeline.flags import list_flags, turn_flag_off, turn_flag_on
from chargehand.pipeline.showing import to_json
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems, problems_with_body
from chargehand.web.api.guard import Caller, current_caller
from chargehand.web.api.inputs import FlagBody, Nothing
from chargehand.web.api.models_operating import Flags


def add_flag_routes(router: APIRouter, deps: APIDeps) -> None:
    """Shows and sets flags."""

    @router.get("/flags", response_model=Flags, responses=problems(), tags=[Tag.FLAGS])
    async def read_flags(_query: Nothing) -> JSONValue:
        """Every flag: how it stands, who set it, and what it does."""
        return await deps.database.aread(_shown)

    @router.put(
        "/flags/{flag}", response_model=Flags, responses=problems_with_body(404), tags=[Tag.FLAGS]
    )
    async def set_flag(
        caller: Annotated[Caller, Depends(current_caller)],
        flag: Annotated[Flag, Path(description="Which switch.")],
        _query: Nothing,
        body: FlagBody,
    ) -> JSONValue:
        """Turn a flag on or off; effective at once in every process, and doing it twice is once."""
        now = deps.clock.now()
        turn = turn_flag_on if body.is_on else turn_flag_off

        def work(tx: looking.Changing) -> JSONValue:
            turn(tx, flag, by=caller.actor, now=now)
            return _shown(tx)

        return await deps.database.awrite(work)


def _shown(tx: looking.View) -> JSONValue:
    return {"flags": to_json(list_flags(tx))}
