"""Deliveries that were given up: which there are, and having one dispatched once more."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from chargehand.domain.json import JSONValue
from chargehand.domain.permission import Permission
from chargehand.pipeline.given_up import list_given_up, take_up_again
from chargehand.pipeline.looking import Changing
from chargehand.web.api.asking import Asked, Asking, needs
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems, problems_with_body
from chargehand.web.api.given_up_models import GivenUpPage, TakenUpAgain
from chargehand.web.api.inputs import GivenUpQuery, Identifier, Nothing, NothingSaid
from chargehand.web.api.pages import answer_page


def add_given_up_routes(router: APIRouter, deps: APIDeps) -> None:
    """Lists what was given up, and takes one up again.

    They belong to no project, since what they are about was never understood.
    """

    @router.get(
        "/deliveries/given-up",
        response_model=GivenUpPage,
        responses=problems(),
        tags=[Tag.LOOKING_BACK],
        openapi_extra=needs(Permission.DELIVERY_VIEW),
    )
    async def list_given_up_deliveries(
        caller: Asking, query: Annotated[GivenUpQuery, Query()]
    ) -> Response:
        """Deliveries that nobody could dispatch and that are kept still, newest first."""
        return await answer_page(
            caller,
            lambda _asked: list_given_up(deps.queue, cursor=query.cursor, limit=query.limit),
        )

    @router.post(
        "/deliveries/{delivery_id}/retry",
        response_model=TakenUpAgain,
        responses=problems_with_body(404),
        tags=[Tag.LOOKING_BACK],
        openapi_extra=needs(Permission.DELIVERY_RETRY),
    )
    async def retry_delivery(
        delivery_id: Identifier, caller: Asking, _query: Nothing, _body: NothingSaid = None
    ) -> JSONValue:
        """Have a delivery that was given up dispatched once more, as if it had never failed.

        What it asks is as old as it is: a question that waited for too long becomes a late ask.
        """
        now = deps.clock.now()

        def work(asked: Asked[Changing]) -> JSONValue:
            found = take_up_again(asked.tx, deps.queue, delivery_id, by=asked.by, now=now)
            return {"id": found}

        return await caller.change(work)
