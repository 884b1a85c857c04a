"""The control API of the fakes: what people do, and what was asked for; this machine only."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chargehand.domain.errors import ChargehandError
from chargehand.testing.bitbucket.host import Host
from chargehand.testing.bitbucket.records import ChangedFile
from chargehand.testing.jira.failures import Failure

if TYPE_CHECKING:
    from chargehand.testing.bitbucket.app import Desk

Fields: TypeAlias = dict[str, Any]
Action: TypeAlias = "Callable[[Desk, Fields], Any]"
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "testclient"})


def control_routes(desk: "Desk") -> list[Route]:
    """Every route under /__fake__/."""
    host = desk.host
    by_people: dict[tuple[str, str], Callable[..., Any]] = {
        ("POST", "pull_requests"): _opening(host),
        ("PUT", "pull_requests"): host.update_pull_request,
        ("POST", "comments"): host.comment,
        ("PUT", "comments"): host.edit_comment,
        ("DELETE", "comments"): host.delete_comment,
        ("POST", "pushes"): host.push,
        ("POST", "approvals"): host.approve,
        ("DELETE", "approvals"): host.unapprove,
        ("POST", "changes"): host.ask_for_changes,
        ("POST", "merges"): host.merge,
        ("POST", "declines"): host.decline,
        ("POST", "statuses"): host.report,
        ("POST", "renames"): host.rename,
    }
    actions: list[tuple[str, str, Action]] = [
        (method, path, _calling(act)) for (method, path), act in by_people.items()
    ]
    actions += [
        ("GET", "state", lambda desk, _: desk.host.state),
        ("GET", "requests", _requests),
        ("GET", "webhooks", _webhooks),
        ("POST", "webhooks/resend", lambda desk, f: desk.sender.resend(f["id"], f["times"])),
        ("POST", "failures", lambda desk, f: desk.failures.add(Failure(**f))),
        ("DELETE", "failures", lambda desk, _: desk.failures.clear()),
    ]
    return [
        Route(f"/__fake__/{path}", _through(desk, act), methods=[method])
        for method, path, act in actions
    ]


def _opening(host: Host) -> Callable[..., Any]:
    def open_pull_request(*, files: object = (), **fields: Any) -> Any:
        changed = msgspec.convert(files, list[ChangedFile])
        return host.open_pull_request(**fields, files=changed)

    return open_pull_request


def _calling(act: Callable[..., Any]) -> Action:
    def call(_desk: "Desk", fields: Fields) -> Any:
        # Renaming says `name`, everything about a comment says `id`.
        names = {"id": "comment_id"} if "id" in fields else {}
        if act.__name__ == "rename":
            return act(fields["repository"], fields["name"])
        return act(**{names.get(key, key): value for key, value in fields.items()})

    return call


def _requests(desk: "Desk", fields: Fields) -> object:
    entries = desk.log.entries
    return [one for one in entries if one.method != "GET" or not fields.get("writes")]


def _webhooks(desk: "Desk", _fields: Fields) -> object:
    return [{**asdict(one), "body": one.body.decode()} for one in desk.sender.sendings]


def _through(desk: "Desk", act: Action) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        if request.client is not None and request.client.host not in _LOOPBACK:
            return _json(403, {"error": "The control API answers this machine only."})
        try:
            fields = json.loads(await request.body() or b"{}")
            if not isinstance(fields, dict):
                return _json(400, {"error": "The body must be a JSON object."})
            found = act(desk, {**dict(request.query_params), **fields})
        except KeyError as error:
            return _json(400, {"error": f"The body lacks {error}."})
        except (ChargehandError, ValueError, TypeError) as error:
            return _json(400, {"error": str(error)})
        if request.method != "GET":
            desk.host.save()
        return _json(200, found)

    return respond


def _json(status: int, body: object) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")
