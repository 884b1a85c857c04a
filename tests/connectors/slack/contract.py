"""Holds our client and the fake to Slack's own description and to its samples.

Slack's description is of 2021: what came later is named here, with where it is documented. An
answer may hold nothing that Slack's sample of it does not hold, and each value has its type.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

# Arguments younger than the description; docs.slack.dev/reference/methods, read 2026-11.
YOUNGER = {
    "chat.postMessage": {"metadata"},
    "chat.update": {"metadata"},
    "conversations.history": {"include_all_metadata"},
    "conversations.replies": {"include_all_metadata"},
    "conversations.open": {"prevent_creation"},
}
# Methods that are not in it, with their arguments.
YOUNGER_METHODS: dict[str, set[str]] = {"apps.connections.open": set()}
# Called by POST although the description says GET: what a form holds is too long for an address.
POSTED = {"views.open"}
# Errors younger than the description, or left out of it.
YOUNGER_ERRORS = {
    "cannot_dm_bot",
    "exchanged_trigger_id",
    "expired_trigger_id",
    "is_archived",
    "missing_scope",
    "not_in_channel",
    "socket_mode_not_enabled",
    "thread_not_found",
    "token_revoked",
    "user_disabled",
    "user_not_in_channel",
}
# Parts that the samples leave empty or cut, with where they are documented or captured.
UNSAMPLED = {
    "messages.blocks": "docs.slack.dev/reference/block-kit",
    "message.blocks": "docs.slack.dev/reference/block-kit",
    "view.blocks": "docs.slack.dev/reference/block-kit",
    "view.state.values": "payloads/bolt-python/view_submission.body.json",
    "messages.metadata": "docs.slack.dev/messaging/message-metadata",
    "messages.user_team": "docs.slack.dev/apis/slack-connect",
    "messages.source_team": "docs.slack.dev/apis/slack-connect",
    "messages.user_profile": "docs.slack.dev/apis/slack-connect",
    "messages.client_msg_id": "payloads/bolt-python/message.message_body.json",
}


class SlackContract:
    """What Slack's files allow; counts what was checked and keeps what broke it."""

    def __init__(self, folder: Path) -> None:
        text = (folder / "slack_web_openapi_v2.json").read_text("utf-8")
        self._paths = json.loads(text)["paths"]
        self._samples = folder / "shapes" / "api"
        self.checked: Counter[str] = Counter()
        self.broken: list[str] = []

    def check_request(self, request: httpx.Request) -> None:
        method = request.url.path.removeprefix("/api/")
        self.checked[method] += 1
        self.broken += [f"{method}: {problem}" for problem in self._request(method, request)]

    def check_answer(self, method: str, body: bytes) -> None:
        answer = json.loads(body)
        if answer.get("ok") is not True:
            error = answer.get("error")
            if error not in self._errors(method):
                self.broken.append(f"{method}: the error {error} is not documented")
            return
        sample = json.loads((self._samples / f"{method}.json").read_text("utf-8"))
        self.broken += [f"{method}: {problem}" for problem in _beyond(answer, sample, "")]

    def _request(self, method: str, request: httpx.Request) -> list[str]:
        sent: dict[str, Any] = dict(request.url.params)
        if request.content:
            sent.update(json.loads(request.content))
        if method in YOUNGER_METHODS:
            unknown = sent.keys() - YOUNGER_METHODS[method]
            return [f"unknown argument {name}" for name in unknown]
        described = self._paths.get(f"/{method}")
        if described is None:
            return ["no such method"]
        (verb, operation), *_ = described.items()
        expected = "POST" if method in POSTED else verb.upper()
        problems = [] if request.method == expected else [f"{request.method}, not {expected}"]
        known = {one["name"]: one for one in operation["parameters"]}
        allowed = known.keys() | YOUNGER.get(method, set())
        problems += [f"unknown argument {name}" for name in sent.keys() - allowed]
        needed = {name for name, one in known.items() if one.get("required")} - {"token"}
        problems += [f"the argument {name} is missing" for name in needed - sent.keys()]
        if not request.headers.get("authorization", "").startswith("Bearer xox"):
            problems.append("no token in the header")
        return problems

    def _errors(self, method: str) -> set[str]:
        described = self._paths.get(f"/{method}", {})
        found = set(YOUNGER_ERRORS)
        for operation in described.values():
            schema = operation["responses"]["default"].get("schema", {})
            found |= set(schema.get("properties", {}).get("error", {}).get("enum", ()))
        return found


class ContractTransport(httpx.AsyncBaseTransport):
    """Passes requests on and checks both ways."""

    def __init__(self, inner: httpx.AsyncBaseTransport, contract: SlackContract) -> None:
        self._inner = inner
        self._contract = contract

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self._contract.check_request(request)
        response = await self._inner.handle_async_request(request)
        body = await response.aread()
        if response.status_code == httpx.codes.OK:
            self._contract.check_answer(request.url.path.removeprefix("/api/"), body)
        return response


def _beyond(found: Any, sample: Any, at: str) -> list[str]:
    """What an answer holds that its sample does not, and values of another type."""
    if at in UNSAMPLED:
        return []
    if isinstance(found, dict) and isinstance(sample, dict):
        return [
            problem
            for name, value in found.items()
            for problem in (
                _beyond(value, sample.get(name), f"{at}.{name}".strip("."))
                if name in sample or f"{at}.{name}".strip(".") in UNSAMPLED
                else [f"{at}.{name} is in no sample".strip(".")]
            )
        ]
    if isinstance(found, list) and isinstance(sample, list):
        return [p for one in found for p in (_beyond(one, sample[0], at) if sample else [])]
    same = type(found) is type(sample) or found is None or sample is None
    is_number = isinstance(found, int | float) and isinstance(sample, int | float)
    return [] if same or is_number else [f"{at} is {type(found).__name__} and not as sampled"]
