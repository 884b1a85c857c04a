"""Deliveries, events, decisions and actions: what was received, understood, decided and done."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.domain.json import JSONValue
from chargehand.domain.permission import Permission
from chargehand.domain.records import ActionRecord, DecisionRecord, DeliveryRecord, EventRecord
from chargehand.pipeline import looking
from chargehand.pipeline.causing import cause_of_request
from chargehand.pipeline.settling import settle_action
from chargehand.pipeline.showing import to_json
from chargehand.pipeline.timeline import read_timeline
from chargehand.pipeline.tracing import Trace as FoundTrace
from chargehand.pipeline.undoing import undo_action
from chargehand.web.api.asking import Asked, Asking, needs_in_project
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems, problems_with_body
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
from chargehand.web.api.pages import answer_page
from chargehand.web.api.trace_models import TimelinePage, Trace


def add_reading_routes(router: APIRouter, deps: APIDeps) -> None:
    """The lists and single reads of what passes through the house, and the trace of one thing."""
    _add_deliveries(router)
    _add_events(router)
    _add_decisions(router)
    _add_actions(router)
    _add_acting(router, deps)

    @router.get(
        "/trace/{identifier}",
        response_model=Trace,
        responses=problems(404),
        tags=[Tag.LOOKING_BACK],
        openapi_extra=needs_in_project(Permission.TRACE_VIEW),
    )
    async def read_trace(caller: Asking, identifier: Identifier, _query: Nothing) -> Response:
        """The whole story of one thing, from delivery to effect.

        `identifier` names a delivery, event, ask, decision, action or approval.
        """
        return await answer_page(caller, lambda asked: _seen_trace(asked, identifier))

    @router.get(
        "/timeline",
        response_model=TimelinePage,
        responses=problems(),
        tags=[Tag.LOOKING_BACK],
        openapi_extra=needs_in_project(Permission.TRACE_VIEW),
    )
    async def list_timeline(caller: Asking, query: Annotated[TimelineQuery, Query()]) -> Response:
        """What happened on one work item, newest first, with what was decided and done."""
        return await answer_page(
            caller,
            lambda asked: read_timeline(
                asked.tx,
                query.work_item,
                cursor=query.cursor,
                limit=query.limit,
                projects=asked.projects,
            ),
        )


def _add_deliveries(router: APIRouter) -> None:
    @router.get(
        "/deliveries",
        response_model=DeliveryPage,
        responses=problems(),
        tags=[Tag.LOOKING_BACK],
        openapi_extra=needs_in_project(Permission.DELIVERY_VIEW),
    )
    async def list_deliveries(caller: Asking, query: Annotated[DeliveryQuery, Query()]) -> Response:
        """Deliveries, newest first, after they were dispatched."""
        return await answer_page(
            caller,
            lambda asked: looking.list_deliveries(
                asked.tx,
                projects=asked.projects,
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
        openapi_extra=needs_in_project(Permission.DELIVERY_VIEW),
    )
    async def read_delivery(caller: Asking, delivery_id: Identifier, _query: Nothing) -> JSONValue:
        """One delivery."""
        return await caller.read(lambda asked: to_json(_seen_delivery(asked, delivery_id)))


def _add_events(router: APIRouter) -> None:
    @router.get(
        "/events",
        response_model=EventPage,
        responses=problems(),
        tags=[Tag.LOOKING_BACK],
        openapi_extra=needs_in_project(Permission.EVENT_VIEW),
    )
    async def list_events(caller: Asking, query: Annotated[EventQuery, Query()]) -> Response:
        """Events, newest first; with `text` those that hold its words."""
        return await answer_page(
            caller,
            lambda asked: looking.list_events(
                asked.tx,
                projects=asked.projects,
                cursor=query.cursor,
                limit=query.limit,
                project=_project(query.project),
                work_item=query.work_item,
                kind=query.kind,
                text=query.text,
            ),
        )

    @router.get(
        "/events/{event_id}",
        response_model=Event,
        responses=problems(404),
        tags=[Tag.LOOKING_BACK],
        openapi_extra=needs_in_project(Permission.EVENT_VIEW),
    )
    async def read_event(caller: Asking, event_id: Identifier, _query: Nothing) -> JSONValue:
        """One event."""
        return await caller.read(lambda asked: to_json(_seen_event(asked, event_id)))


def _add_decisions(router: APIRouter) -> None:
    @router.get(
        "/decisions",
        response_model=DecisionPage,
        responses=problems(),
        tags=[Tag.LOOKING_BACK],
        openapi_extra=needs_in_project(Permission.DECISION_VIEW),
    )
    async def list_decisions(caller: Asking, query: Annotated[DecisionQuery, Query()]) -> Response:
        """Decisions, newest first: silence is one too."""
        return await answer_page(
            caller,
            lambda asked: looking.list_decisions(
                asked.tx,
                projects=asked.projects,
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
        openapi_extra=needs_in_project(Permission.DECISION_VIEW),
    )
    async def read_decision(caller: Asking, decision_id: Identifier, _query: Nothing) -> JSONValue:
        """One decision."""
        return await caller.read(lambda asked: to_json(_seen_decision(asked, decision_id)))

    @router.get(
        "/decisions/{decision_id}/requests",
        response_model=ModelRequests,
        responses=problems(404),
        tags=[Tag.LOOKING_BACK],
        openapi_extra=needs_in_project(Permission.RUN_VIEW),
    )
    async def list_model_requests(
        caller: Asking, decision_id: Identifier, _query: Nothing
    ) -> JSONValue:
        """What was sent to models for one decision; nothing where a rule decided alone."""

        def look(asked: Asked[looking.View]) -> JSONValue:
            decision = _seen_decision(asked, decision_id)
            return {"requests": to_json(looking.list_model_requests(asked.tx, decision.id))}

        return await caller.read(look)


def _add_actions(router: APIRouter) -> None:
    @router.get(
        "/actions",
        response_model=ActionPage,
        responses=problems(),
        tags=[Tag.LOOKING_BACK],
        openapi_extra=needs_in_project(Permission.ACTION_VIEW),
    )
    async def list_actions(caller: Asking, query: Annotated[ActionQuery, Query()]) -> Response:
        """Actions, newest first."""
        return await answer_page(
            caller,
            lambda asked: looking.list_actions(
                asked.tx,
                projects=asked.projects,
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
        openapi_extra=needs_in_project(Permission.ACTION_VIEW),
    )
    async def read_action(caller: Asking, action_id: Identifier, _query: Nothing) -> JSONValue:
        """One action with its exact preview."""
        return await caller.read(lambda asked: to_json(_seen_action(asked, action_id)))


def _add_acting(router: APIRouter, deps: APIDeps) -> None:
    @router.post(
        "/actions/{action_id}/settle",
        response_model=Action,
        responses=problems_with_body(404, 409),
        tags=[Tag.LOOKING_BACK],
        openapi_extra=needs_in_project(Permission.ACTION_SETTLE),
    )
    async def settle_unknown_action(
        action_id: Identifier,
        body: SettleBody,
        caller: Asking,
        _query: Nothing,
    ) -> JSONValue:
        """Say whether an action happened of which only a person can tell."""
        now = deps.clock.now()

        def work(asked: Asked[looking.Changing]) -> JSONValue:
            tx, found = asked.tx, _seen_action(asked, action_id).id
            return to_json(
                settle_action(tx, found, body.finding, by=asked.by, via=asked.via, now=now)
            )

        return await caller.change(work)

    @router.post(
        "/actions/{action_id}/undo",
        response_model=Undo,
        responses=problems_with_body(404, 409),
        tags=[Tag.LOOKING_BACK],
        openapi_extra=needs_in_project(Permission.ACTION_UNDO),
    )
    async def undo_executed_action(
        action_id: Identifier,
        caller: Asking,
        _query: Nothing,
        _body: NothingSaid = None,
    ) -> JSONValue:
        """Propose the action that undoes an executed one, in the mode the policy gives it."""
        now = deps.clock.now()

        def work(asked: Asked[looking.Changing]) -> JSONValue:
            tx, found = asked.tx, _seen_action(asked, action_id).id
            undo = undo_action(
                tx,
                found,
                previewers=deps.previewers,
                cause=cause_of_request(asked.by),
                by=asked.by,
                via=asked.via,
                lasts=deps.rules.approval_expires_after,
                now=now,
            )
            shown = to_json(undo)
            return {**shown, "undoes": found} if isinstance(shown, dict) else shown

        return await caller.change(work)


def _seen_delivery(asked: Asked[Any], identifier: str) -> DeliveryRecord:
    found = looking.find_delivery(asked.tx, identifier)
    project = looking.project_of_delivery(asked.tx, found)
    asked.see(Permission.DELIVERY_VIEW, project, kind="delivery", identifier=identifier)
    return found


def _seen_event(asked: Asked[Any], identifier: str) -> EventRecord:
    found = looking.find_event(asked.tx, identifier)
    asked.see(Permission.EVENT_VIEW, found.project, kind="event", identifier=identifier)
    return found


def _seen_decision(asked: Asked[Any], identifier: str) -> DecisionRecord:
    found = looking.find_decision(asked.tx, identifier)
    asked.see(Permission.DECISION_VIEW, found.project, kind="decision", identifier=identifier)
    return found


def _seen_action(asked: Asked[Any], identifier: str) -> ActionRecord:
    found = looking.find_action(asked.tx, identifier)
    asked.see(Permission.ACTION_VIEW, found.project, kind="action", identifier=identifier)
    return found


def _seen_trace(asked: Asked[Any], identifier: str) -> FoundTrace:
    """The story of one thing, for who may know of every project it leads through."""
    found = looking.find_trace(asked.tx, identifier)
    for project in found.projects:
        asked.see(
            Permission.TRACE_VIEW,
            project,
            kind="delivery, event, ask, decision, action or approval",
            identifier=identifier,
        )
    return found


def _project(key: str | None) -> ProjectKey | None:
    return ProjectKey(key) if key is not None else None


def _connection(name: str | None) -> ConnectionId | None:
    return ConnectionId(name) if name is not None else None
