"""The control API under /__fake__/: for tests and demos, from this machine only, no sign-in.

See the package's docstring for the list of operations.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chargehand.domain.errors import ChargehandError
from chargehand.testing.jira.control_bodies import (
    AssignBody,
    ClockBody,
    CommentBody,
    CommentEditBody,
    EditBody,
    FailureBody,
    GrantBody,
    IssueBody,
    LinkBody,
    PersonBody,
    ProjectBody,
    ResendBody,
    SprintBody,
    TargetBody,
    TransitionBody,
)
from chargehand.testing.jira.failures import Failure
from chargehand.testing.jira.refusals import JiraRefused
from chargehand.testing.jira.webhooks import ALL_EVENTS, DEFAULT_EVENTS, WebhookTarget
from chargehand.testing.jira.workplace import Workplace

T = TypeVar("T")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_MOST_RESENDS: Final = 1000


class ControlRefused(ChargehandError):
    """A control call that can not be understood."""

    code = "fake_jira_control_refused"
    template = "{detail}"


Action = Callable[[Workplace, Request, bytes], Any]


def control_routes(workplace: Workplace) -> list[Route]:
    """The routes of the control API."""
    return [
        Route(f"/__fake__{path}", _through(workplace, action), methods=[method])
        for method, path, action in _ACTIONS
    ]


def _through(workplace: Workplace, action: Action) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        if request.client is not None and request.client.host not in _LOOPBACK:
            return _json(403, {"error": "The control API answers this machine only."})
        body = await request.body()
        try:
            result = action(workplace, request, body)
        except JiraRefused as refusal:
            text = " ".join([*refusal.messages, *refusal.errors.values()])
            return _json(refusal.status, {"error": text})
        except ChargehandError as error:
            return _json(400, {"error": str(error)})
        if request.method != "GET":
            await workplace.saver.save()
        return _json(200, result)

    return respond


def _json(status: int, content: object) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")


def _read(body: bytes, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(body or b"{}", type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ControlRefused(detail=f"The body is not usable: {error}") from error


def _get_requests(workplace: Workplace, request: Request, _body: bytes) -> Any:
    entries = workplace.requests
    if request.query_params.get("writes") in {"1", "true"}:
        entries = workplace.writes()
    shown = [{**msgspec.to_builtins(e), "is_write": e.is_write} for e in entries]
    return {"count": len(shown), "requests": shown}


def _get_state(workplace: Workplace, _request: Request, _body: bytes) -> Any:
    return {"site_url": workplace.site_url, **msgspec.to_builtins(workplace.state, str_keys=True)}


def _post_person(workplace: Workplace, _request: Request, body: bytes) -> Any:
    return workplace.add_person(**msgspec.structs.asdict(_read(body, PersonBody)))


def _post_project(workplace: Workplace, _request: Request, body: bytes) -> Any:
    return workplace.add_project(**msgspec.structs.asdict(_read(body, ProjectBody)))


def _post_grant(workplace: Workplace, _request: Request, body: bytes) -> Any:
    grant = _read(body, GrantBody)
    return workplace.grant(
        grant.project, grant.person, permissions=grant.permissions, roles=grant.roles
    )


def _post_issue(workplace: Workplace, _request: Request, body: bytes) -> Any:
    return workplace.add_issue(**msgspec.structs.asdict(_read(body, IssueBody)))


def _post_link(workplace: Workplace, _request: Request, body: bytes) -> Any:
    return workplace.add_link(**msgspec.structs.asdict(_read(body, LinkBody)))


def _post_sprint(workplace: Workplace, _request: Request, body: bytes) -> Any:
    return workplace.add_sprint(**msgspec.structs.asdict(_read(body, SprintBody)))


def _post_comment(workplace: Workplace, request: Request, body: bytes) -> Any:
    said = msgspec.structs.asdict(_read(body, CommentBody))
    before = len(workplace.sender.sendings)
    comment = workplace.comment(request.path_params["key"], **said)
    return {"comment": comment, "webhooks": _identifiers(workplace, before)}


def _put_comment(workplace: Workplace, request: Request, body: bytes) -> Any:
    edit = _read(body, CommentEditBody)
    before = len(workplace.sender.sendings)
    comment = workplace.edit_comment(request.path_params["id"], body=edit.body, author=edit.author)
    return {"comment": comment, "webhooks": _identifiers(workplace, before)}


def _delete_comment(workplace: Workplace, request: Request, _body: bytes) -> Any:
    before = len(workplace.sender.sendings)
    author = request.query_params.get("author")
    workplace.delete_comment(request.path_params["id"], author=author)
    return {"webhooks": _identifiers(workplace, before)}


def _post_transition(workplace: Workplace, request: Request, body: bytes) -> Any:
    move = _read(body, TransitionBody)
    before = len(workplace.sender.sendings)
    issue = workplace.transition(request.path_params["key"], author=move.author, to=move.to)
    return {"issue": issue, "webhooks": _identifiers(workplace, before)}


def _post_assignee(workplace: Workplace, request: Request, body: bytes) -> Any:
    change = _read(body, AssignBody)
    before = len(workplace.sender.sendings)
    issue = workplace.assign(request.path_params["key"], author=change.author, to=change.to)
    return {"issue": issue, "webhooks": _identifiers(workplace, before)}


def _patch_issue(workplace: Workplace, request: Request, body: bytes) -> Any:
    change = _read(body, EditBody)
    before = len(workplace.sender.sendings)
    issue = workplace.edit(request.path_params["key"], author=change.author, fields=change.fields)
    return {"issue": issue, "webhooks": _identifiers(workplace, before)}


def _identifiers(workplace: Workplace, before: int) -> list[str]:
    return [sending.message.identifier for sending in workplace.sender.sendings[before:]]


def _get_webhooks(workplace: Workplace, _request: Request, _body: bytes) -> Any:
    return {
        "targets": [_target(target) for target in workplace.targets],
        "webhooks": [
            {
                "id": sending.message.identifier,
                "event": sending.message.event,
                "url": sending.target.url,
                "state": sending.state,
                "status": sending.status,
                "attempts": sending.attempts,
            }
            for sending in workplace.sender.sendings
        ],
    }


def _put_targets(workplace: Workplace, _request: Request, body: bytes) -> Any:
    targets = [
        WebhookTarget(target.url, target.secret, _events(target.events))
        for target in _read(body, list[TargetBody])
    ]
    workplace.targets[:] = targets
    return {"targets": [_target(target) for target in targets]}


def _events(names: list[str] | None) -> frozenset[str]:
    unknown = set(names or ()) - ALL_EVENTS
    if unknown:
        known = ", ".join(sorted(ALL_EVENTS))
        raise ControlRefused(detail=f"events: {', '.join(sorted(unknown))} unknown; use {known}.")
    return DEFAULT_EVENTS if names is None else frozenset(names)


def _target(target: WebhookTarget) -> dict[str, Any]:
    return {
        "url": target.url,
        "is_signed": bool(target.secret),
        "events": sorted(target.events),
    }


def _post_resend(workplace: Workplace, _request: Request, body: bytes) -> Any:
    resend = _read(body, ResendBody)
    if not 1 <= resend.times <= _MOST_RESENDS:
        raise ControlRefused(detail=f"times must be 1 to {_MOST_RESENDS}.")
    return {"sent": workplace.sender.resend(resend.id, resend.times)}


def _post_failure(workplace: Workplace, _request: Request, body: bytes) -> Any:
    workplace.failures.add(Failure(**msgspec.structs.asdict(_read(body, FailureBody))))
    return {"failures": workplace.failures.pending()}


def _get_failures(workplace: Workplace, _request: Request, _body: bytes) -> Any:
    return {"failures": workplace.failures.pending()}


def _delete_failures(workplace: Workplace, _request: Request, _body: bytes) -> Any:
    workplace.failures.clear()
    return {"failures": []}


def _get_clock(workplace: Workplace, _request: Request, _body: bytes) -> Any:
    return {"now": workplace.clock.now(), "offset_s": workplace.fake_clock.offset_s}


def _post_clock(workplace: Workplace, request: Request, body: bytes) -> Any:
    asked = _read(body, ClockBody)
    clock = workplace.fake_clock
    match asked:
        case ClockBody(offset_s=float(offset), advance_s=None, now=None):
            pass
        case ClockBody(offset_s=None, advance_s=float(advance), now=None):
            offset = clock.offset_s + advance
        case ClockBody(offset_s=None, advance_s=None, now=datetime(tzinfo=zone) as moment) if zone:
            offset = clock.offset_s + (moment - clock.now()).total_seconds()
        case _:
            raise ControlRefused(
                detail="Give exactly one of offset_s, advance_s (seconds) or now (with a zone)."
            )
    workplace.move_clock(offset)
    return _get_clock(workplace, request, body)


_ACTIONS: Final[tuple[tuple[str, str, Action], ...]] = (
    ("GET", "/requests", _get_requests),
    ("GET", "/state", _get_state),
    ("POST", "/people", _post_person),
    ("POST", "/projects", _post_project),
    ("POST", "/grants", _post_grant),
    ("POST", "/issues", _post_issue),
    ("PATCH", "/issues/{key}", _patch_issue),
    ("POST", "/issues/{key}/comments", _post_comment),
    ("POST", "/issues/{key}/transitions", _post_transition),
    ("POST", "/issues/{key}/assignee", _post_assignee),
    ("PUT", "/comments/{id}", _put_comment),
    ("DELETE", "/comments/{id}", _delete_comment),
    ("POST", "/links", _post_link),
    ("POST", "/sprints", _post_sprint),
    ("GET", "/webhooks", _get_webhooks),
    ("PUT", "/webhooks/targets", _put_targets),
    ("POST", "/webhooks/resend", _post_resend),
    ("GET", "/failures", _get_failures),
    ("POST", "/failures", _post_failure),
    ("DELETE", "/failures", _delete_failures),
    ("GET", "/clock", _get_clock),
    ("POST", "/clock", _post_clock),
)
