"""The control API under /__fake__/: for tests and demos, from this machine only, no sign-in.

See the package's docstring for the list of operations.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chargehand.domain.errors import ChargehandError
from chargehand.testing.discord.refusals import DiscordControlRefused
from chargehand.testing.discord.state import Interaction
from chargehand.testing.jira.failures import Failure

if TYPE_CHECKING:
    # The fake holds these routes.
    from chargehand.testing.discord.fake import FakeDiscord

T = TypeVar("T")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class PersonBody(msgspec.Struct, forbid_unknown_fields=True):
    """A new member."""

    name: str
    is_member: bool = True
    takes_direct: bool = True


class ChannelBody(msgspec.Struct, forbid_unknown_fields=True):
    """A new channel; a type of 10 to 12 is a thread of `parent`."""

    name: str
    type: int = 0
    parent: str | None = None
    is_hidden: bool = False


class MessageBody(msgspec.Struct, forbid_unknown_fields=True):
    """What a person writes."""

    author: str
    channel: str
    content: str
    reply_to: str | None = None


class CommandBody(msgspec.Struct, forbid_unknown_fields=True):
    """A command line, without its slash."""

    author: str
    channel: str
    line: str


class PressBody(msgspec.Struct, forbid_unknown_fields=True):
    """A press of a button."""

    author: str
    message: str
    command: str


class FormBody(msgspec.Struct, forbid_unknown_fields=True):
    """A form that was filled in."""

    author: str
    channel: str
    command: str
    values: dict[str, str]
    message: str | None = None


class ReactionBody(msgspec.Struct, forbid_unknown_fields=True):
    """A reaction of a person."""

    author: str
    message: str
    emoji: str


class EndpointBody(msgspec.Struct, forbid_unknown_fields=True):
    """Where interactions are posted."""

    url: str | None


class FailureBody(msgspec.Struct, forbid_unknown_fields=True):
    """A failure for the next matching requests."""

    method: str = ".*"
    path: str = ".*"
    status: int | None = None
    retry_after: int | None = None
    delay_s: float = 0.0
    cut: str | None = None
    times: int = 1


class DropBody(msgspec.Struct, forbid_unknown_fields=True):
    """How the connections of the gateway end."""

    code: int = 1006


class InvalidBody(msgspec.Struct, forbid_unknown_fields=True):
    """Whether the sessions may be resumed on other connections."""

    is_resumable: bool = False


class GatewayBody(msgspec.Struct, forbid_unknown_fields=True):
    """How often hearts beat on the next connections."""

    beat_ms: int


class PauseBody(msgspec.Struct, forbid_unknown_fields=True):
    """How long everything is refused."""

    seconds: float


class ClockBody(msgspec.Struct, forbid_unknown_fields=True):
    """How far time moves on."""

    advance_s: float


Action = Callable[["FakeDiscord", Request, bytes], Awaitable[Any]]


def control_routes(fake: "FakeDiscord") -> list[Route]:
    """The routes of the control API."""
    return [
        Route(f"/__fake__{path}", _through(fake, action), methods=[method])
        for method, path, action in _ACTIONS
    ]


def _through(fake: "FakeDiscord", action: Action) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        if request.client is not None and request.client.host not in _LOOPBACK:
            return _json(403, {"error": "The control API answers this machine only."})
        try:
            result = await action(fake, request, await request.body())
        except ChargehandError as error:
            return _json(400, {"error": str(error)})
        return _json(200, result)

    return respond


def _json(status: int, content: object) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")


def _read(body: bytes, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(body or b"{}", type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DiscordControlRefused(detail=f"The body is not usable: {error}") from error


async def _get_requests(fake: "FakeDiscord", request: Request, _body: bytes) -> Any:
    entries = fake.writes() if request.query_params.get("writes") == "1" else list(fake.requests)
    return {"count": len(entries), "requests": entries}


async def _get_state(fake: "FakeDiscord", _request: Request, _body: bytes) -> Any:
    state = fake.state
    return {
        "public_key": state.key.public_key,
        "endpoint_url": state.endpoint_url,
        "people": list(state.people.values()),
        "channels": list(state.channels.values()),
        "messages": list(state.messages.values()),
        "commands": list(state.commands.values()),
        "interactions": [_shown(one) for one in state.interactions.values()],
    }


async def _post_person(fake: "FakeDiscord", _request: Request, body: bytes) -> Any:
    return fake.add_person(**msgspec.structs.asdict(_read(body, PersonBody)))


async def _post_channel(fake: "FakeDiscord", _request: Request, body: bytes) -> Any:
    wanted = _read(body, ChannelBody)
    parent = None if wanted.parent is None else fake.channel(wanted.parent).id
    return fake.add_channel(
        wanted.name, type=wanted.type, parent_id=parent, is_hidden=wanted.is_hidden
    )


async def _post_message(fake: "FakeDiscord", _request: Request, body: bytes) -> Any:
    return fake.say(**msgspec.structs.asdict(_read(body, MessageBody)))


async def _post_reaction(fake: "FakeDiscord", _request: Request, body: bytes) -> Any:
    given = _read(body, ReactionBody)
    if given.message not in fake.state.messages:
        raise DiscordControlRefused(detail=f"There is no message {given.message}.")
    fake.react(given.message, given.emoji, author=given.author)
    return fake.state.messages[given.message]


async def _post_command(fake: "FakeDiscord", _request: Request, body: bytes) -> Any:
    typed = _read(body, CommandBody)
    made = fake.command(typed.line, author=typed.author, channel=typed.channel)
    return _shown(await fake.send(made))


async def _post_completion(fake: "FakeDiscord", _request: Request, body: bytes) -> Any:
    typed = _read(body, CommandBody)
    made = fake.complete(typed.line, author=typed.author, channel=typed.channel)
    return _shown(await fake.send(made))


async def _post_press(fake: "FakeDiscord", _request: Request, body: bytes) -> Any:
    pressed = _read(body, PressBody)
    made = fake.press(pressed.message, pressed.command, author=pressed.author)
    return _shown(await fake.send(made))


async def _post_form(fake: "FakeDiscord", _request: Request, body: bytes) -> Any:
    filled = _read(body, FormBody)
    made = fake.submit(
        filled.command,
        filled.values,
        author=filled.author,
        channel=filled.channel,
        message_id=filled.message,
    )
    return _shown(await fake.send(made))


async def _post_ping(fake: "FakeDiscord", _request: Request, _body: bytes) -> Any:
    return _shown(await fake.send(fake.ping()))


async def _get_interaction(fake: "FakeDiscord", request: Request, _body: bytes) -> Any:
    made = fake.state.interactions.get(request.path_params["token"])
    if made is None:
        raise DiscordControlRefused(detail="There is no interaction with this token.")
    headers, body = fake.signed(made)
    return {"headers": headers, "body": body.decode()}


async def _put_endpoint(fake: "FakeDiscord", _request: Request, body: bytes) -> Any:
    fake.state.endpoint_url = _read(body, EndpointBody).url
    return {"url": fake.state.endpoint_url}


async def _post_failure(fake: "FakeDiscord", _request: Request, body: bytes) -> Any:
    wanted = _read(body, FailureBody)
    if wanted.cut not in (None, "before", "after"):
        raise DiscordControlRefused(detail="cut must be before or after.")
    fake.inject(**msgspec.structs.asdict(wanted))
    return {"failures": fake.parts.failures.pending()}


async def _get_failures(fake: "FakeDiscord", _request: Request, _body: bytes) -> Any:
    pending: tuple[Failure, ...] = fake.parts.failures.pending()
    return {"failures": pending}


async def _delete_failures(fake: "FakeDiscord", _request: Request, _body: bytes) -> Any:
    fake.parts.failures.clear()
    return {"failures": []}


async def _get_gateway(fake: "FakeDiscord", _request: Request, _body: bytes) -> Any:
    gateway = fake.gateway
    shown = [{"op": one.get("op"), "s": one.get("s")} for one in gateway.received]
    sessions = [
        {"id": one.id, "intents": one.intents, "events": len(one.events), "is_over": one.is_over}
        for one in gateway.sessions
    ]
    return {"sessions": sessions, "connections": len(gateway.sockets), "received": shown}


async def _drop_gateway(fake: "FakeDiscord", _request: Request, body: bytes) -> Any:
    fake.gateway.drop(_read(body, DropBody).code)
    return {}


async def _reconnect_gateway(fake: "FakeDiscord", _request: Request, _body: bytes) -> Any:
    fake.gateway.reconnect()
    return {}


async def _invalidate_gateway(fake: "FakeDiscord", _request: Request, body: bytes) -> Any:
    fake.gateway.invalidate(is_resumable=_read(body, InvalidBody).is_resumable)
    return {}


async def _put_gateway(fake: "FakeDiscord", _request: Request, body: bytes) -> Any:
    fake.gateway.beat_ms = _read(body, GatewayBody).beat_ms
    return {}


async def _deafen_gateway(fake: "FakeDiscord", _request: Request, _body: bytes) -> Any:
    fake.gateway.deafen()
    return {}


async def _post_pause(fake: "FakeDiscord", _request: Request, body: bytes) -> Any:
    fake.parts.limits.pause(_read(body, PauseBody).seconds)
    return {}


async def _post_clock(fake: "FakeDiscord", _request: Request, body: bytes) -> Any:
    fake.fake_clock.advance(_read(body, ClockBody).advance_s)
    return {"now": fake.fake_clock.now()}


async def _get_clock(fake: "FakeDiscord", _request: Request, _body: bytes) -> Any:
    return {"now": fake.fake_clock.now(), "offset_s": fake.fake_clock.offset_s}


def _shown(made: Interaction) -> dict[str, Any]:
    return {
        "id": made.id,
        "token": made.token,
        "type": made.type,
        "state": made.state,
        "status": made.status,
        "answer": made.answer,
        "reply_id": made.reply_id,
    }


_ACTIONS: Final[tuple[tuple[str, str, Action], ...]] = (
    ("GET", "/requests", _get_requests),
    ("GET", "/state", _get_state),
    ("POST", "/people", _post_person),
    ("POST", "/channels", _post_channel),
    ("POST", "/messages", _post_message),
    ("POST", "/reactions", _post_reaction),
    ("POST", "/commands", _post_command),
    ("POST", "/completions", _post_completion),
    ("POST", "/presses", _post_press),
    ("POST", "/forms", _post_form),
    ("POST", "/pings", _post_ping),
    ("GET", "/interactions/{token}", _get_interaction),
    ("PUT", "/endpoint", _put_endpoint),
    ("GET", "/failures", _get_failures),
    ("POST", "/failures", _post_failure),
    ("DELETE", "/failures", _delete_failures),
    ("GET", "/gateway", _get_gateway),
    ("PUT", "/gateway", _put_gateway),
    ("POST", "/gateway/deafen", _deafen_gateway),
    ("POST", "/gateway/drop", _drop_gateway),
    ("POST", "/gateway/reconnect", _reconnect_gateway),
    ("POST", "/gateway/invalidate", _invalidate_gateway),
    ("POST", "/pause", _post_pause),
    ("GET", "/clock", _get_clock),
    ("POST", "/clock", _post_clock),
)
