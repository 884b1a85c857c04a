"""Approvals: exact actions that wait for a person, and what a person can do about them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from chargehand.domain.ids import ConnectionId
from chargehand.domain.json import JSONValue
from chargehand.domain.permission import Permission
from chargehand.pipeline import approving, looking
from chargehand.pipeline.members import find_member
from chargehand.pipeline.showing import to_json
from chargehand.plugins.connector import ActionPreviewer
from chargehand.web.api.asking import Asked, Asking, Caller, needs_in_project
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems, problems_with_body
from chargehand.web.api.errors import ConnectionGone
from chargehand.web.api.inputs import (
    ApprovalIdentifier,
    ApprovalQuery,
    CommentBody,
    EditBody,
    Nothing,
    NothingSaid,
    RejectBody,
)
from chargehand.web.api.models import Approval, ApprovalPage
from chargehand.web.api.pages import answer_page

_ME = "me"
_CHANGES = problems_with_body(403, 404, 409)


def add_approval_routes(router: APIRouter, deps: APIDeps) -> None:
    """Lists, reads and decides approvals."""
    _add_looking(router, deps)
    _add_deciding(router, deps)
    _add_commenting(router, deps)
    _add_editing(router, deps)


def _add_looking(router: APIRouter, deps: APIDeps) -> None:
    @router.get(
        "/approvals",
        response_model=ApprovalPage,
        responses=problems(404),
        tags=[Tag.APPROVALS],
        openapi_extra=needs_in_project(Permission.APPROVAL_VIEW),
    )
    async def list_approvals(caller: Asking, query: Annotated[ApprovalQuery, Query()]) -> Response:
        """Approvals, newest first, each with its action and the exact preview.

        With `needs` only those that wait for one person's vote; such a page may be short or empty
        though more follow.
        """
        now = deps.clock.now()
        return await answer_page(
            caller,
            lambda asked: looking.list_approvals(
                asked.tx,
                cursor=query.cursor,
                limit=query.limit,
                state=query.state,
                needs=_voter(asked, query.needs),
                now=now,
                projects=asked.projects,
            ),
        )

    @router.get(
        "/approvals/{approval_id}",
        response_model=Approval,
        responses=problems(404),
        tags=[Tag.APPROVALS],
        openapi_extra=needs_in_project(Permission.APPROVAL_VIEW),
    )
    async def read_approval(
        caller: Asking, approval_id: ApprovalIdentifier, _query: Nothing
    ) -> JSONValue:
        """One approval with its action and the exact preview."""
        now = deps.clock.now()
        return await caller.read(lambda asked: to_json(_seen(asked, approval_id, now)))


def _add_deciding(router: APIRouter, deps: APIDeps) -> None:
    @router.post(
        "/approvals/{approval_id}/approve",
        response_model=Approval,
        responses=_CHANGES,
        tags=[Tag.APPROVALS],
        openapi_extra=needs_in_project(Permission.APPROVAL_DECIDE),
    )
    async def approve(
        approval_id: ApprovalIdentifier,
        caller: Asking,
        _query: Nothing,
        _body: NothingSaid = None,
    ) -> JSONValue:
        """Let this exact action be sent, once.

        It stays open while more people are needed: `counted` of `quorum`. What closes it first
        wins: 409 names who was faster; 403 says that it was this key that asked for it.
        """
        now = deps.clock.now()

        def work(asked: Asked[looking.Changing]) -> JSONValue:
            identifier = _full_id(asked, approval_id, now)
            return to_json(
                approving.approve(asked.tx, identifier, by=asked.by, via=asked.via, now=now)
            )

        return await _decide_or_note(caller, approval_id, work, now)

    @router.post(
        "/approvals/{approval_id}/reject",
        response_model=Approval,
        responses=_CHANGES,
        tags=[Tag.APPROVALS],
        openapi_extra=needs_in_project(Permission.APPROVAL_DECIDE),
    )
    async def reject(
        approval_id: ApprovalIdentifier,
        caller: Asking,
        _query: Nothing,
        body: RejectBody | None = None,
    ) -> JSONValue:
        """See to it that this exact action is never sent.

        The first decision wins: 409 names who was faster.
        """
        now = deps.clock.now()
        reason = body.reason if body is not None else ""

        def work(asked: Asked[looking.Changing]) -> JSONValue:
            identifier = _full_id(asked, approval_id, now)
            by, via = asked.by, asked.via
            return to_json(
                approving.reject(asked.tx, identifier, by=by, via=via, reason=reason, now=now)
            )

        return await _decide_or_note(caller, approval_id, work, now)


def _add_commenting(router: APIRouter, deps: APIDeps) -> None:
    @router.post(
        "/approvals/{approval_id}/comment",
        response_model=Approval,
        responses=_CHANGES,
        tags=[Tag.APPROVALS],
        openapi_extra=needs_in_project(Permission.APPROVAL_COMMENT),
    )
    async def comment(
        approval_id: ApprovalIdentifier,
        caller: Asking,
        _query: Nothing,
        body: CommentBody,
    ) -> JSONValue:
        """Say something about this approval to everybody who decides; it decides nothing."""
        now = deps.clock.now()
        return await caller.change(
            lambda asked: to_json(
                approving.comment(
                    asked.tx,
                    _full_id(asked, approval_id, now),
                    text=body.text,
                    by=asked.by,
                    via=asked.via,
                    now=now,
                )
            )
        )


def _add_editing(router: APIRouter, deps: APIDeps) -> None:
    @router.post(
        "/approvals/{approval_id}/edit",
        response_model=Approval,
        responses=_CHANGES,
        tags=[Tag.APPROVALS],
        openapi_extra=needs_in_project(Permission.APPROVAL_EDIT),
    )
    async def edit(
        approval_id: ApprovalIdentifier,
        caller: Asking,
        _query: Nothing,
        body: EditBody,
    ) -> JSONValue:
        """Word a comment differently.

        The approval asked about is void then; the answer is a new, open one about the new text.
        """
        now = deps.clock.now()

        def work(asked: Asked[looking.Changing]) -> JSONValue:
            shown = _seen(asked, approval_id, now)
            edited = approving.edit(
                asked.tx,
                shown.approval.id,
                text=body.text,
                previewer=_previewer(deps.previewers, shown.action.connection_id),
                by=asked.by,
                via=asked.via,
                lasts=deps.rules.approval_expires_after,
                now=now,
            )
            return to_json(edited)

        return await _decide_or_note(caller, approval_id, work, now)


async def _decide_or_note(
    caller: Caller,
    approval_id: str,
    work: Callable[[Asked[looking.Changing]], JSONValue],
    now: datetime,
) -> JSONValue:
    """Do what was asked; a try that is refused is recorded in a transaction of its own."""
    try:
        return await caller.change(work)
    except approving.REFUSALS as refusal:
        why = refusal.code
        await caller.change(
            lambda asked: approving.note_refusal(
                asked.tx,
                _full_id(asked, approval_id, now),
                why=why,
                by=asked.by,
                via=asked.via,
                now=now,
            )
        )
        raise


def _seen(asked: Asked[Any], approval_id: str, now: datetime) -> looking.ShownApproval:
    shown = looking.find_approval(asked.tx, approval_id, now=now)
    project = shown.action.project
    asked.see(Permission.APPROVAL_VIEW, project, kind="approval", identifier=approval_id)
    return shown


def _full_id(asked: Asked[looking.Changing], approval_id: str, now: datetime) -> str:
    return _seen(asked, approval_id, now).approval.id


def _voter(asked: Asked[Any], needs: str | None) -> str | None:
    """Whose vote is waited for, as votes name people; None where nobody is named."""
    if needs is None or needs == _ME:
        return asked.by if needs == _ME else None
    member = asked.authority.member
    if member is not None and needs == member.id:
        return asked.by
    asked.authority.require(Permission.MEMBER_VIEW, None)
    return f"member:{find_member(asked.tx, needs).id}"


def _previewer(
    previewers: Mapping[ConnectionId, ActionPreviewer], connection_id: ConnectionId
) -> ActionPreviewer:
    previewer = previewers.get(connection_id)
    if previewer is None:
        raise ConnectionGone(connection_id=connection_id)
    return previewer
