"""Anthropic's Messages API: what a turn looks like, whole and as a stream."""

import json
from collections.abc import Iterator
from typing import Any, Final

from chargehand.testing.models.script import CallTool, Say

ERROR_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_PIECE: Final = 24


def answer(turn: Say | CallTool, *, model: str, number: int, input_tokens: int) -> dict[str, Any]:
    """The whole message."""
    message = _message(model, number, input_tokens)
    message["content"] = [_block(turn, number, is_whole=True)]
    message["stop_reason"] = _stop_reason(turn)
    message["usage"]["output_tokens"] = output_tokens(turn)
    return message


def events(
    turn: Say | CallTool, *, model: str, number: int, input_tokens: int
) -> Iterator[dict[str, Any]]:
    """The same as stream events."""
    yield {"type": "message_start", "message": _message(model, number, input_tokens)}
    block = _block(turn, number, is_whole=False)
    yield {"type": "content_block_start", "index": 0, "content_block": block}
    for delta in _deltas(turn):
        yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    yield {
        "type": "message_delta",
        "delta": {
            "stop_reason": _stop_reason(turn),
            "stop_sequence": None,
            "container": None,
        },
        "usage": {
            "input_tokens": input_tokens,
            "output_tokens": output_tokens(turn),
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "server_tool_use": None,
        },
        "context_management": None,
    }
    yield {"type": "message_stop"}


def error(status: int) -> dict[str, Any]:
    """What a failure looks like."""
    kind = ERROR_TYPES.get(status, "api_error")
    told = {"type": kind, "message": f"scripted {status}"}
    return {"type": "error", "error": told, "request_id": "req_scripted"}


def frame(event: dict[str, Any]) -> bytes:
    """One event on the wire."""
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def output_tokens(turn: Say | CallTool) -> int:
    """A count that grows with what is said."""
    said = turn.text if isinstance(turn, Say) else json.dumps(dict(turn.arguments))
    return 10 + len(said) // 4


def _message(model: str, number: int, input_tokens: int) -> dict[str, Any]:
    return {
        "id": f"msg_scripted{number}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "context_management": None,
        "container": None,
        "usage": {
            "input_tokens": input_tokens,
            "output_tokens": 1,
            "cache_creation": None,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "server_tool_use": None,
            "service_tier": "standard",
        },
    }


def _block(turn: Say | CallTool, number: int, *, is_whole: bool) -> dict[str, Any]:
    if isinstance(turn, Say):
        return {"type": "text", "text": turn.text if is_whole else "", "citations": None}
    given = dict(turn.arguments) if is_whole else {}
    return {"type": "tool_use", "id": f"toolu_scripted{number}", "name": turn.name, "input": given}


def _deltas(turn: Say | CallTool) -> Iterator[dict[str, Any]]:
    if isinstance(turn, Say):
        for piece in pieces(turn.text):
            yield {"type": "text_delta", "text": piece}
        return
    for piece in pieces(json.dumps(dict(turn.arguments))):
        yield {"type": "input_json_delta", "partial_json": piece}


def pieces(text: str) -> Iterator[str]:
    """A text in the small pieces a stream brings."""
    for start in range(0, len(text), _PIECE):
        yield text[start : start + _PIECE]


def _stop_reason(turn: Say | CallTool) -> str:
    return "end_turn" if isinstance(turn, Say) else "tool_use"
