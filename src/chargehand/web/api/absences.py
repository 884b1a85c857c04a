"""Absences: who is away, and who decides in their place."""

from fastapi import APIRouter

from chargehand.domain.json import JSONValue
from chargehand.domain.permission import Permission
from chargehand.pipeline import absences as use_cases
from chargehand.pipeline.looking import Changing
from chargehand.pipeline.showing import to_json
from chargehand.web.api.asking import Asked, Asking, needs
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems, problems_with_body
from chargehand.web.api.inputs import Identifier, Nothing, NothingSaid
from chargehand.web.api.member_inputs import AbsenceBody
from chargehand.web.api.member_models import Absence, AbsenceList


def add_absence_routes(router: APIRouter, deps: APIDeps) -> None:
    """Lists, sets and ends absences."""

    @router.get(
        "/absences",
        response_model=AbsenceList,
        responses=problems(),
        tags=[Tag.MEMBERS],
        openapi_extra=needs(Permission.MEMBER_VIEW),
    )
    async def list_absences(caller: Asking, _query: Nothing) -> JSONValue:
        """Who is away now or will be, by the beginning of it."""
        now = deps.clock.now()
        return await caller.read(
            lambda asked: {"items": to_json(use_cases.list_absences(asked.tx, now=now))}
        )

    _add_away(router, deps)
    _add_back(router, deps)


def _add_away(router: APIRouter, deps: APIDeps) -> None:
    @router.post(
        "/members/{member_id}/away",
        response_model=Absence,
        responses=problems_with_body(404, 409),
        tags=[Tag.MEMBERS],
        openapi_extra=needs(Permission.MEMBER_MANAGE),
    )
    async def away(
        caller: Asking, member_id: Identifier, _query: Nothing, body: AbsenceBody
    ) -> JSONValue:
        """Say that a member is away, and who may decide in their place."""
        now = deps.clock.now()

        def work(asked: Asked[Changing]) -> JSONValue:
            tx = asked.tx
            absence = use_cases.go_away(
                tx,
                member_id,
                starts_at=body.starts_at or now,
                ends_at=body.ends_at,
                deputy_id=body.deputy_id,
                by=asked.by,
                now=now,
            )
            return to_json(use_cases.shown_absence(tx, absence))

        return await caller.change(work)


def _add_back(router: APIRouter, deps: APIDeps) -> None:
    @router.post(
        "/members/{member_id}/back",
        response_model=AbsenceList,
        responses=problems_with_body(404),
        tags=[Tag.MEMBERS],
        openapi_extra=needs(Permission.MEMBER_MANAGE),
    )
    async def back(
        caller: Asking, member_id: Identifier, _query: Nothing, _body: NothingSaid = None
    ) -> JSONValue:
        """End a member's absence and take back those to come; the answer lists them."""
        now = deps.clock.now()

        def work(asked: Asked[Changing]) -> JSONValue:
            tx = asked.tx
            ended = use_cases.come_back(tx, member_id, by=asked.by, now=now)
            return {"items": to_json([use_cases.shown_absence(tx, one) for one in ended])}

        return await caller.change(work)
