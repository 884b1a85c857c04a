"""The control API of the fake: what people do, and what the app asked for; this machine only."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chargehand.domain.errors import ChargehandError
from chargehand.testing.jira.failures import Failure
from chargehand.testing.slack.people import (
    delete_message,
    edit_message,
    newest_with,
    press,
    react,
    say,
    submit,
    type_command,
    use_shortcut,
)
from chargehand.testing.slack.refusals import ControlRefused, SlackRefused
from chargehand.testing.slack.sending import Sending, Target

if TYPE_CHECKING:
    from chargehand.testing.slack.app import Desk

Fields: TypeAlias = dict[str, Any]
Action: TypeAlias = "Callable[[Desk, Request, Fields], Any]"
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "testclient"})


def control_routes(desk: "Desk") -> list[Route]:
    """Every route under /__fake__/."""
    routes: list[tuple[str, str, Action]] = [
        ("GET", "requests", _requests),
        ("GET", "state", _state),
        ("POST", "people", _add_person),
        ("PATCH", "people/{id}", _change_person),
        ("POST", "channels", _add_channel),
        ("PATCH", "channels/{id}", _change_channel),
        ("POST", "messages", _say),
        ("PUT", "messages/{channel}/{ts}", _edit),
        ("DELETE", "messages/{channel}/{ts}", _delete),
        ("POST", "reactions", _react),
        ("POST", "commands", _command),
        ("POST", "presses", _press),
        ("POST", "shortcuts", _shortcut),
        ("POST", "submissions", _submit),
        ("GET", "webhooks", _webhooks),
        ("PUT", "webhooks/targets", _targets),
        ("POST", "webhooks/resend", _resend),
        ("POST", "failures", _fail),
        ("DELETE", "failures", _forget_failures),
        ("PUT", "scopes", _scopes),
        ("PUT", "app", _app),
    ]
    return [
        *(
            Route(f"/__fake__/{path}", _through(desk, action), methods=[method])
            for method, path, action in routes
        ),
        Route("/__fake__/sockets/disconnect", _disconnecting(desk), methods=["POST"]),
    ]


def _through(desk: "Desk", action: Action) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        if request.client is not None and request.client.host not in _LOOPBACK:
            return _json(403, {"error": "The control API answers this machine only."})
        try:
            fields = json.loads(await request.body() or b"{}")
            if not isinstance(fields, dict):
                return _json(400, {"error": "The body must be a JSON object."})
            return _json(200, action(desk, request, fields))
        except KeyError as error:
            return _json(400, {"error": f"The body lacks {error}."})
        except (ControlRefused, SlackRefused, ChargehandError, ValueError, TypeError) as error:
            return _json(400, {"error": str(error)})

    return respond


def _disconnecting(desk: "Desk") -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        fields = json.loads(await request.body() or b"{}")
        await desk.workspace.sender.disconnect(str(fields.get("reason", "refresh_requested")))
        return _json(200, {"ok": True})

    return respond


def _json(status: int, content: object) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")


def _requests(desk: "Desk", request: Request, _fields: Fields) -> Any:
    calls = desk.writes() if request.query_params.get("writes") in {"1", "true"} else desk.calls()
    return {"count": len(calls), "requests": calls}


def _state(desk: "Desk", _request: Request, _fields: Fields) -> Any:
    place = desk.workspace
    return {
        "people": [asdict(one) for one in place.people.values()],
        "channels": [asdict(one) for one in place.channels.values()],
        "ephemeral": place.ephemeral,
        "views": [asdict(one) for one in place.views],
        "sockets": len(place.sender.sockets),
    }


def _add_person(desk: "Desk", _request: Request, fields: Fields) -> Any:
    return asdict(desk.workspace.add_person(fields.pop("name"), **fields))


def _change_person(desk: "Desk", request: Request, fields: Fields) -> Any:
    person = desk.workspace.person(request.path_params["id"])
    person.is_deleted = bool(fields.get("is_deleted", person.is_deleted))
    return asdict(person)


def _add_channel(desk: "Desk", _request: Request, fields: Fields) -> Any:
    members = tuple(fields.pop("members", ()))
    return asdict(desk.workspace.add_channel(fields.pop("name"), members=members, **fields))


def _change_channel(desk: "Desk", request: Request, fields: Fields) -> Any:
    place = desk.workspace
    channel = place.channel(request.path_params["id"])
    channel.is_archived = bool(fields.get("is_archived", channel.is_archived))
    channel.is_shared = bool(fields.get("is_shared", channel.is_shared))
    if "members" in fields:
        channel.members = [place.person(one).id for one in fields["members"]]
    return asdict(channel)


def _say(desk: "Desk", _request: Request, fields: Fields) -> Any:
    return say(
        desk.workspace,
        fields.pop("channel"),
        user=fields.pop("user"),
        text=fields.pop("text"),
        **fields,
    ).raw


def _edit(desk: "Desk", request: Request, fields: Fields) -> Any:
    at = request.path_params
    return edit_message(desk.workspace, at["channel"], at["ts"], text=fields["text"]).raw


def _delete(desk: "Desk", request: Request, _fields: Fields) -> Any:
    at = request.path_params
    delete_message(desk.workspace, at["channel"], at["ts"])
    return {"ok": True}


def _react(desk: "Desk", _request: Request, fields: Fields) -> Any:
    react(
        desk.workspace,
        fields["channel"],
        fields["ts"],
        user=fields["user"],
        name=fields["name"],
        is_adding=bool(fields.get("is_adding", True)),
    )
    return {"ok": True}


def _command(desk: "Desk", _request: Request, fields: Fields) -> Any:
    command = str(fields.get("command", "/chargehand"))
    return _shown(
        type_command(
            desk.workspace,
            fields["channel"],
            user=fields["user"],
            text=str(fields.get("text", "")),
            command=command,
        )
    )


def _press(desk: "Desk", _request: Request, fields: Fields) -> Any:
    channel, label = fields["channel"], fields["label"]
    ts = str(fields.get("ts") or newest_with(desk.workspace, channel, label=label))
    return _shown(press(desk.workspace, channel, ts, user=fields["user"], label=label))


def _shortcut(desk: "Desk", _request: Request, fields: Fields) -> Any:
    where = {name: fields[name] for name in ("channel", "ts") if name in fields}
    return _shown(use_shortcut(desk.workspace, fields["callback_id"], user=fields["user"], **where))


def _submit(desk: "Desk", _request: Request, fields: Fields) -> Any:
    views = desk.workspace.views
    view = str(fields.get("view") or (views[-1].id if views else ""))
    return _shown(submit(desk.workspace, view, user=fields["user"], values=fields["values"]))


def _webhooks(desk: "Desk", _request: Request, _fields: Fields) -> Any:
    sender = desk.workspace.sender
    return {
        "targets": [one.url for one in sender.targets],
        "messages": [_shown(one) for one in sender.sendings],
    }


def _targets(desk: "Desk", _request: Request, fields: Fields) -> Any:
    sender = desk.workspace.sender
    sender.targets = tuple(Target(one["url"], one["secret"]) for one in fields["targets"])
    return {"targets": [one.url for one in sender.targets]}


def _resend(desk: "Desk", _request: Request, fields: Fields) -> Any:
    sender = desk.workspace.sender
    found = [one for one in sender.sendings if one.id == fields["id"]]
    if not found:
        message = f"id: no message is called {fields['id']!r}"
        raise ControlRefused(message)
    sender.send_again(found[0], int(fields.get("times", 1)))
    return {"ok": True}


def _fail(desk: "Desk", _request: Request, fields: Fields) -> Any:
    desk.failures.add(Failure(**fields))
    return {"pending": [asdict(one) for one in desk.failures.pending()]}


def _forget_failures(desk: "Desk", _request: Request, _fields: Fields) -> Any:
    desk.failures.clear()
    return {"pending": []}


def _scopes(desk: "Desk", _request: Request, fields: Fields) -> Any:
    desk.scopes = set(fields["scopes"])
    return {"scopes": sorted(desk.scopes)}


def _app(desk: "Desk", _request: Request, fields: Fields) -> Any:
    sender = desk.workspace.sender
    sender.is_socket_mode = bool(fields.get("socket_mode", sender.is_socket_mode))
    desk.is_revoked = bool(fields.get("is_revoked", desk.is_revoked))
    desk.bot_token = str(fields.get("bot_token", desk.bot_token))
    return {"socket_mode": sender.is_socket_mode, "is_revoked": desk.is_revoked}


def _shown(sending: Sending) -> Any:
    return {
        "id": sending.id,
        "kind": sending.kind,
        "state": sending.state,
        "attempts": sending.attempts,
        "answer": sending.answer,
        "payload": dict(sending.payload),
    }
