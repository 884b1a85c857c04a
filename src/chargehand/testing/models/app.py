"""The two vendors' endpoints over one script, and the script's own."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from chargehand.testing.models import anthropic, openai
from chargehand.testing.models.contract import Vendor
from chargehand.testing.models.script import (
    CallTool,
    Cut,
    Endless,
    Fail,
    Hang,
    Junk,
    ModelScript,
    Received,
    Say,
    Turn,
)

_EVENTS: Final = "text/event-stream"
_LISTEN_EVERY_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class _Speech:
    """How one vendor says a turn."""

    vendor: Vendor
    answer: Callable[..., dict[str, Any]]
    events: Callable[..., Iterator[dict[str, Any]]]
    error: Callable[[int], dict[str, Any]]
    frame: Callable[[dict[str, Any]], bytes]
    end: bytes


_ANTHROPIC: Final = _Speech(
    "anthropic", anthropic.answer, anthropic.events, anthropic.error, anthropic.frame, b""
)
_OPENAI: Final = _Speech(
    "openai", openai.answer, openai.events, openai.error, openai.frame, openai.DONE
)


def build_app(script: ModelScript) -> Starlette:
    """The server as an application."""

    async def messages(request: Request) -> Response:
        return await _Conversation(script, _ANTHROPIC, request).reply()

    async def completions(request: Request) -> Response:
        return await _Conversation(script, _OPENAI, request).reply()

    async def add_turns(request: Request) -> Response:
        turns = [read_turn(one) for one in await request.json()]
        script.turns.extend(turns)
        return JSONResponse({"turns": len(script.turns)})

    async def list_requests(_request: Request) -> Response:
        return JSONResponse([{"path": one.path, "body": one.body} for one in script.received])

    return Starlette(
        routes=[
            Route("/v1/messages", messages, methods=["POST"]),
            Route("/v1/chat/completions", completions, methods=["POST"]),
            Route("/__script__/turns", add_turns, methods=["POST"]),
            Route("/__script__/requests", list_requests, methods=["GET"]),
        ]
    )


def read_turn(told: Mapping[str, Any]) -> Turn:
    """A turn from its JSON: one of say, call, fail, junk, or the words hang, endless, cut.

    Raises: KeyError, ValueError for what is none of them.
    """
    match told:
        case {"say": str(text)}:
            return Say(text)
        case {"call": str(name), "arguments": dict(arguments)}:
            return CallTool(name, arguments)
        case {"fail": int(status)}:
            return Fail(status, told.get("retry_after_s"))
        case {"junk": str(body)}:
            return Junk(body.encode())
        case {"turn": "hang" | "endless" | "cut" as word}:
            bad: dict[str, Turn] = {"hang": Hang(), "endless": Endless(), "cut": Cut()}
            return bad[word]
        case _:
            message = f"{told!r} is no turn"
            raise ValueError(message)


class _Conversation:
    """One request and what is said to it."""

    def __init__(self, script: ModelScript, speech: _Speech, request: Request) -> None:
        self._script = script
        self._speech = speech
        self._request = request

    async def reply(self) -> Response:
        raw = await self._request.body()
        target = self._request.url.path
        self._script.received.append(Received(target, dict(self._request.headers), raw))
        body = json.loads(raw)
        if not self._is_documented("request", body):
            return JSONResponse(self._speech.error(400), status_code=400)
        turn = self._script.next_turn()
        match turn:
            case Say() | CallTool():
                return self._say(turn, body)
            case Fail():
                return self._fail(turn)
            case Junk():
                packed = turn.content_encoding
                headers = {"content-encoding": packed} if packed else {}
                return Response(turn.body, media_type=turn.content_type, headers=headers)
            case Hang(after_start=False):
                await self._wait_for_hang_up()
                return Response(status_code=499)
            case Hang() | Endless() | Cut():
                return StreamingResponse(self._misbehave(turn, body), media_type=_EVENTS)

    def _say(self, turn: Say | CallTool, body: dict[str, Any]) -> Response:
        if not body.get("stream"):
            whole = self._speech.answer(turn, **self._about(body))
            self._is_documented("answer", whole)
            return JSONResponse(whole)
        events = list(self._speech.events(turn, **self._about(body)))
        for event in events:
            self._is_documented("event", event)
        frames = [*(self._speech.frame(event) for event in events), self._speech.end]
        return StreamingResponse(_each(frames), media_type=_EVENTS)

    def _fail(self, turn: Fail) -> Response:
        error = self._speech.error(turn.status)
        self._is_documented("error", error)
        headers = {"retry-after": str(turn.retry_after_s)} if turn.retry_after_s else {}
        if turn.location:
            headers["location"] = turn.location
        return JSONResponse(error, status_code=turn.status, headers=headers)

    async def _misbehave(self, turn: Turn, body: dict[str, Any]) -> AsyncIterator[bytes]:
        events = list(self._speech.events(Say("and so on, "), **self._about(body)))
        start, middle = events[:2], events[2]
        for event in start:
            yield self._speech.frame(event)
        if isinstance(turn, Hang):
            await self._wait_for_hang_up()
            return
        if isinstance(turn, Cut):
            yield self._speech.frame(middle)
            return
        while True:
            yield self._speech.frame(middle) * 50
            await asyncio.sleep(0)

    async def _wait_for_hang_up(self) -> None:
        # That a client hung up can only be asked, so it is asked.
        while not await self._request.is_disconnected():  # noqa: ASYNC110 - as above.
            await asyncio.sleep(_LISTEN_EVERY_S)

    def _about(self, body: dict[str, Any]) -> dict[str, Any]:
        heard = self._script.received
        return {
            "model": body.get("model", ""),
            "number": len(heard),
            "input_tokens": max(len(heard[-1].raw) // 4, 1),
        }

    def _is_documented(self, part: Any, value: Any) -> bool:
        contract = self._script.contract
        return contract is None or contract.check(self._speech.vendor, part, value)


async def _each(frames: list[bytes]) -> AsyncIterator[bytes]:
    for one in frames:
        yield one
