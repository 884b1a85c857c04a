"""Absences: who is away, and who decides in their place."""

from typing import Annotated

from fastapi import APIRouter, Depends

from chargehand.domain.json import JSONValue
from chargehand.pipeline import absences as use_cases
from chargehand.pipeline.looking import Changing
from chargehand.pipeline.showing import to_json
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems, problems_with_body
from chargehand.web.api.guard import Caller, current_caller
from chargehand.web.api.inputs import Identifier, Nothing, NothingSaid
from chargehand.web.api.member_inputs import AbsenceBody
from chargehand.web.api.member_models import Absence, AbsenceList

Asking = Annotated[Caller, Depends(current_caller)]


def add_absence_routes(router: APIRouter, deps: APIDeps) -> None:
    """Lists, sets and ends absences."""

    @router.get("/absences", response_model=AbsenceList, responses=problems(), tags=[Tag.MEMBERS])
    async def list_absences(_query: Nothing) -> JSONValue:
        """Who is away now or will be, by the beginning of it."""
        now = deps.clock.now()
        return await deps.database.aread(
            lambda tx: {"items": to_json(use_cases.list_absences(tx, now=now))}
        )

    @router.post(
        "/members/{member_id}/away",
        response_model=Absence,
        responses=problems_with_body(404, 409),
        tags=[Tag.MEMBERS],
    )
    async def away(
        caller: Asking, member_id: Identifier, _query: Nothing, body: AbsenceBody
    ) -> JSONValue:
        """Say that a member is away, and who may decide in their place."""
        now = deps.clock.now()

        def work(tx: Changing) -> JSONValue:
            absence = use_cases.go_away(
                tx,
                member_id,
                starts_at=body.starts_at or now,
                ends_at=body.ends_at,
                deputy_id=body.deputy_id,
                by=caller.actor,
                now=now,
            )
            return to_json(use_cases.shown_absence(tx, absence))

        return await deps.database.awrite(work)

    @router.post(
        "/members/{member_id}/back",
        response_model=AbsenceList,
        responses=problems_with_body(404),
        tags=[Tag.MEMBERS],
    )
    async def back(
        caller: Asking, member_id: Identifier, _query: Nothing, _body: NothingSaid = None
    ) -> JSONValue:
        """End a member's absence and take back those to come; the answer lists them."""
        now = deps.clock.now()

        def work(tx: Changing) -> JSONValue:
            ended = use_cases.come_back(tx, member_id, by=caller.actor, now=now)
            return {"items": to_json([use_cases.shown_absence(tx, one) for one in ended])}

        return await deps.database.awrite(work)
