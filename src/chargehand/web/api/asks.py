"""Asks: requests to the bot; those that wait for a person are answered or dismissed here."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from chargehand.domain.ids import ProjectKey
from chargehand.domain.json import JSONValue
from chargehand.domain.permission import Permission
from chargehand.pipeline import late_asks, looking
from chargehand.pipeline.showing import to_json
from chargehand.web.api.asking import Asked, Asking, needs_in_project
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems, problems_with_body
from chargehand.web.api.inputs import AskQuery, Identifier, Nothing, NothingSaid
from chargehand.web.api.models import Ask, AskPage
from chargehand.web.api.pages import answer_page

_CHANGES = problems_with_body(404, 409)


def add_ask_routes(router: APIRouter, deps: APIDeps) -> None:
    """Lists and reads asks, and closes those that wait for a person."""
    _add_looking(router)
    _add_closing(router, deps)


def _add_looking(router: APIRouter) -> None:
    @router.get(
        "/asks",
        response_model=AskPage,
        responses=problems(),
        tags=[Tag.ASKS],
        openapi_extra=needs_in_project(Permission.ASK_VIEW),
    )
    async def list_asks(caller: Asking, query: Annotated[AskQuery, Query()]) -> Response:
        """Asks, newest first; `state=late` gives those that wait because they are old."""
        project = ProjectKey(query.project) if query.project is not None else None
        return await answer_page(
            caller,
            lambda asked: looking.list_asks(
                asked.tx,
                cursor=query.cursor,
                limit=query.limit,
                state=query.state,
                project=project,
                projects=asked.projects,
            ),
        )

    @router.get(
        "/asks/{ask_id}",
        response_model=Ask,
        responses=problems(404),
        tags=[Tag.ASKS],
        openapi_extra=needs_in_project(Permission.ASK_VIEW),
    )
    async def read_ask(caller: Asking, ask_id: Identifier, _query: Nothing) -> JSONValue:
        """One ask."""
        return await caller.read(lambda asked: to_json(_seen(asked, ask_id)))


def _add_closing(router: APIRouter, deps: APIDeps) -> None:
    @router.post(
        "/asks/{ask_id}/answer",
        response_model=Ask,
        responses=_CHANGES,
        tags=[Tag.ASKS],
        openapi_extra=needs_in_project(Permission.ASK_ANSWER),
    )
    async def answer_ask(
        ask_id: Identifier,
        caller: Asking,
        _query: Nothing,
        _body: NothingSaid = None,
    ) -> JSONValue:
        """Have a late or stuck ask answered in spite of its age."""
        now = deps.clock.now()

        def work(asked: Asked[looking.Changing]) -> JSONValue:
            tx, found = asked.tx, _seen(asked, ask_id).ask.id
            late_asks.release_ask(tx, found, by=asked.by, now=now)
            return to_json(looking.find_ask(tx, found))

        return await caller.change(work)

    @router.post(
        "/asks/{ask_id}/dismiss",
        response_model=Ask,
        responses=_CHANGES,
        tags=[Tag.ASKS],
        openapi_extra=needs_in_project(Permission.ASK_DISMISS),
    )
    async def dismiss_ask(
        ask_id: Identifier,
        caller: Asking,
        _query: Nothing,
        _body: NothingSaid = None,
    ) -> JSONValue:
        """Close a late or stuck ask without an answer."""
        now = deps.clock.now()

        def work(asked: Asked[looking.Changing]) -> JSONValue:
            tx, found = asked.tx, _seen(asked, ask_id).ask.id
            late_asks.dismiss_ask(tx, found, by=asked.by, now=now)
            return to_json(looking.find_ask(tx, found))

        return await caller.change(work)


def _seen(asked: Asked[Any], ask_id: str) -> looking.StoredAsk:
    found = looking.find_ask(asked.tx, ask_id)
    asked.see(Permission.ASK_VIEW, found.ask.project, kind="ask", identifier=ask_id)
    return found
