"""Deliveries, events, decisions and actions: what was received, understood, decided and done."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.domain.json import JSONValue
from chargehand.pipeline import looking
from chargehand.pipeline.causing import cause_of_operator
from chargehand.pipeline.settling import settle_action
from chargehand.pipeline.showing import to_json
from chargehand.pipeline.timeline import read_timeline
from chargehand.pipeline.undoing import undo_action
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems, problems_with_body
from chargehand.web.api.guard import Caller, current_caller
from chargehand.web.api.inputs import (
    ActionQuery,
    DecisionQuery,
    DeliveryQuery,
    EventQuery,
    Identifier,
    Nothing,
    NothingSaid,
    SettleBody,
    TimelineQuery,
)
from chargehand.web.api.models import (
    Action,
    ActionPage,
    Decision,
    DecisionPage,
    Delivery,
    DeliveryPage,
    Event,
    EventPage,
    ModelRequests,
    Undo,
)
from chargehand.web.api.models_trace import TimelinePage, Trace
from chargehand.web.api.pages import answer_page


def add_reading_routes(router: APIRouter, deps: APIDeps) -> None:
    """The lists and single reads of what passes through the house, and the trace of one thing."""
    _add_deliveries(router, deps)
    _add_events(router, deps)
    _add_decisions(router, deps)
    _add_actions(router, deps)
    _add_acting(router, deps)

    @router.get(
        "/trace/{identifier}",
        response_model=Trace,
        responses=problems(404),
        tags=[Tag.LOOKING_BACK],
    )
    async def read_trace(identifier: Identifier, _query: Nothing) -> JSONValue:
        """The whole story of one thing, from delivery to effect.

        `identifier` names a delivery, event, ask, decision, action or approval.
        """
        return await deps.database.aread(lambda tx: to_json(looking.find_trace(tx, identifier)))

    @router.get(
        "/timeline", response_model=TimelinePage, responses=problems(), tags=[Tag.LOOKING_BACK]
    )
    async def list_timeline(query: Annotated[TimelineQuery, Query()]) -> Response:
        """What happened on one work item, newest first, with what was decided and done."""
        return await answer_page(
            deps.database,
            lambda tx: read_timeline(tx, query.work_item, cursor=query.cursor, limit=query.limit),
        )


def _add_deliveries(router: APIRouter, deps: APIDeps) -> None:
    @router.get(
        "/deliveries", response_model=DeliveryPage, responses=problems(), tags=[Tag.LOOKING_BACK]
    )
    async def list_deliveries(query: Annotated[DeliveryQuery, Query()]) -> Response:
        """Deliveries, newest first, after they were dispatched."""
        return await answer_page(
            deps.database,
            lambda tx: looking.list_deliveries(
                tx,
                cursor=query.cursor,
                limit=query.limit,
                connection_id=_connection(query.connection),
            ),
        )

    @router.get(
        "/deliveries/{delivery_id}",
        response_model=Delivery,
        responses=problems(404),
        tags=[Tag.LOOKING_BACK],
    )
    async def read_delivery(delivery_id: Identifier, _query: Nothing) -> JSONValue:
        """One delivery."""
        return await deps.database.aread(lambda tx: to_json(looking.find_delivery(tx, delivery_id)))


def _add_events(router: APIRouter, deps: APIDeps) -> None:
    @router.get("/events", response_model=EventPage, responses=problems(), tags=[Tag.LOOKING_BACK])
    async def list_events(query: Annotated[EventQuery, Query()]) -> Response:
        """Events, newest first; with `text` those that hold its words."""
        return await answer_page(
            deps.database,
            lambda tx: looking.list_events(
                tx,
                cursor=query.cursor,
                limit=query.limit,
                project=_project(query.project),
                work_item=query.work_item,
                kind=query.kind,
                text=query.text,
            ),
        )

    @router.get(
        "/events/{event_id}", response_model=Event, responses=problems(404), tags=[Tag.LOOKING_BACK]
    )
    async def read_event(event_id: Identifier, _query: Nothing) -> JSONValue:
        """One event."""
        return await deps.database.aread(lambda tx: to_json(looking.find_event(tx, event_id)))


def _add_decisions(router: APIRouter, deps: APIDeps) -> None:
    @router.get(
        "/decisions", response_model=DecisionPage, responses=problems(), tags=[Tag.LOOKING_BACK]
    )
    async def list_decisions(query: Annotated[DecisionQuery, Query()]) -> Response:
        """Decisions, newest first: silence is one too."""
        return await answer_page(
            deps.database,
            lambda tx: looking.list_decisions(
                tx,
                cursor=query.cursor,
                limit=query.limit,
                project=_project(query.project),
                work_item=query.work_item,
                verdict=query.verdict,
            ),
        )

    @router.get(
        "/decisions/{decision_id}",
        response_model=Decision,
        responses=problems(404),
        tags=[Tag.LOOKING_BACK],
    )
    async def read_decision(decision_id: Identifier, _query: Nothing) -> JSONValue:
        """One decision."""
        return await deps.database.aread(lambda tx: to_json(looking.find_decision(tx, decision_id)))

    @router.get(
        "/decisions/{decision_id}/requests",
        response_model=ModelRequests,
        responses=problems(404),
        tags=[Tag.LOOKING_BACK],
    )
    async def list_model_requests(decision_id: Identifier, _query: Nothing) -> JSONValue:
        """What was sent to models for one decision; nothing where a rule decided alone."""
        return await deps.database.aread(
            lambda tx: {"requests": to_json(looking.list_model_requests(tx, decision_id))}
        )


def _add_actions(router: APIRouter, deps: APIDeps) -> None:
    @router.get(
        "/actions", response_model=ActionPage, responses=problems(), tags=[Tag.LOOKING_BACK]
    )
    async def list_actions(query: Annotated[ActionQuery, Query()]) -> Response:
        """Actions, newest first."""
        return await answer_page(
            deps.database,
            lambda tx: looking.list_actions(
                tx,
                cursor=query.cursor,
                limit=query.limit,
                state=query.state,
                kind=query.kind,
                project=_project(query.project),
            ),
        )

    @router.get(
        "/actions/{action_id}",
        response_model=Action,
        responses=problems(404),
        tags=[Tag.LOOKING_BACK],
    )
    async def read_action(action_id: Identifier, _query: Nothing) -> JSONValue:
        """One action with its exact preview."""
        return await deps.database.aread(lambda tx: to_json(looking.find_action(tx, action_id)))


def _add_acting(router: APIRouter, deps: APIDeps) -> None:
    @router.post(
        "/actions/{action_id}/settle",
        response_model=Action,
        responses=problems_with_body(404, 409),
        tags=[Tag.LOOKING_BACK],
    )
    async def settle_unknown_action(
        action_id: Identifier,
        body: SettleBody,
        caller: Annotated[Caller, Depends(current_caller)],
        _query: Nothing,
    ) -> JSONValue:
        """Say whether an action happened of which only a person can tell."""
        now = deps.clock.now()

        def work(tx: looking.Changing) -> JSONValue:
            found = looking.find_action(tx, action_id).id
            return to_json(
                settle_action(tx, found, body.finding, by=caller.actor, via="rest", now=now)
            )

        return await deps.database.awrite(work)

    @router.post(
        "/actions/{action_id}/undo",
        response_model=Undo,
        responses=problems_with_body(404, 409),
        tags=[Tag.LOOKING_BACK],
    )
    async def undo_executed_action(
        action_id: Identifier,
        caller: Annotated[Caller, Depends(current_caller)],
        _query: Nothing,
        _body: NothingSaid = None,
    ) -> JSONValue:
        """Propose the action that undoes an executed one, in the mode the policy gives it."""
        now = deps.clock.now()

        def work(tx: looking.Changing) -> JSONValue:
            found = looking.find_action(tx, action_id).id
            undo = undo_action(
                tx,
                found,
                previewers=deps.previewers,
                by=caller.actor,
                via="rest",
                cause=cause_of_operator(caller.actor),
                lasts=deps.rules.approval_expires_after,
                now=now,
            )
            shown = to_json(undo)
            return {**shown, "undoes": found} if isinstance(shown, dict) else shown

        return await deps.database.awrite(work)


def _project(key: str | None) -> ProjectKey | None:
    return ProjectKey(key) if key is not None else None


def _connection(name: str | None) -> ConnectionId | None:
    return ConnectionId(name) if name is not None else None
