"""OpenAI's chat completions: what a turn looks like, whole and as a stream."""

import json
from collections.abc import Iterator
from typing import Any, Final

from chargehand.testing.models.anthropic import output_tokens, pieces
from chargehand.testing.models.script import CallTool, Say

DONE: Final = b"data: [DONE]\n\n"
_CREATED: Final = 1_795_000_000


def answer(turn: Say | CallTool, *, model: str, number: int, input_tokens: int) -> dict[str, Any]:
    """The whole completion."""
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    if isinstance(turn, Say):
        message["content"] = turn.text
    else:
        message["tool_calls"] = [_call(turn, number, json.dumps(dict(turn.arguments)))]
    choice = {
        "index": 0,
        "message": message,
        "finish_reason": _finish_reason(turn),
        "logprobs": None,
    }
    return {
        "id": f"chatcmpl-scripted{number}",
        "object": "chat.completion",
        "created": _CREATED,
        "model": model,
        "choices": [choice],
        "usage": _usage(turn, input_tokens),
    }


def events(
    turn: Say | CallTool, *, model: str, number: int, input_tokens: int
) -> Iterator[dict[str, Any]]:
    """The same as chunks; the last carries what was used."""
    start: dict[str, Any] = {"role": "assistant", "content": "", "refusal": None}
    if isinstance(turn, CallTool):
        start = {"role": "assistant", "content": None, "refusal": None}
        start["tool_calls"] = [{"index": 0, **_call(turn, number, "")}]
    yield _chunk(model, number, [_choice(start, None)])
    for delta in _deltas(turn):
        yield _chunk(model, number, [_choice(delta, None)])
    yield _chunk(model, number, [_choice({}, _finish_reason(turn))])
    yield {**_chunk(model, number, []), "usage": _usage(turn, input_tokens)}


def error(status: int) -> dict[str, Any]:
    """What a failure looks like."""
    told = {"message": f"scripted {status}", "type": "scripted", "param": None, "code": None}
    return {"error": told}


def frame(event: dict[str, Any]) -> bytes:
    """One chunk on the wire."""
    return f"data: {json.dumps(event)}\n\n".encode()


def _chunk(model: str, number: int, choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-scripted{number}",
        "object": "chat.completion.chunk",
        "created": _CREATED,
        "model": model,
        "choices": choices,
    }


def _choice(delta: dict[str, Any], finish_reason: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}


def _deltas(turn: Say | CallTool) -> Iterator[dict[str, Any]]:
    if isinstance(turn, Say):
        for piece in pieces(turn.text):
            yield {"content": piece}
        return
    for piece in pieces(json.dumps(dict(turn.arguments))):
        yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}


def _call(turn: CallTool, number: int, arguments: str) -> dict[str, Any]:
    function = {"name": turn.name, "arguments": arguments}
    return {"id": f"call_scripted{number}", "type": "function", "function": function}


def _usage(turn: Say | CallTool, input_tokens: int) -> dict[str, Any]:
    written = output_tokens(turn)
    return {
        "prompt_tokens": input_tokens,
        "completion_tokens": written,
        "total_tokens": input_tokens + written,
    }


def _finish_reason(turn: Say | CallTool) -> str:
    return "stop" if isinstance(turn, Say) else "tool_calls"
