"""The wire between the house's client and the fake Jira: watched, checked, and cut on demand."""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.ids import ProjectKey
from chargehand.testing.contracts import Contract

READING_POSTS = re.compile(
    r"/rest/api/3/(search(/jql)?|issue/bulkfetch|comment/list|permissions/check)"
)
_MARK = re.compile(r"/rest/api/3/comment/(?P<comment>\d+)/properties/chargehand\.action")
_SERVICE_COMMENT = re.compile(r"/rest/servicedeskapi/request/(?P<target>[^/]+)/comment")
_KINDS = {
    ("POST", "/comment"): ActionKind.JIRA_ADD_COMMENT,
    ("POST", "/transitions"): ActionKind.JIRA_TRANSITION_ISSUE,
    ("PUT", "/assignee"): ActionKind.JIRA_ASSIGN_ISSUE,
    ("PUT", ""): ActionKind.JIRA_ADD_LABELS,
}
_OWN_COMMENT = re.compile(r"/rest/api/3/issue/(?P<target>[^/]+)/comment/\d+")
_ISSUES = "/rest/api/3/issue"
_LINK = "/rest/api/3/issueLink"
_ISSUE = re.compile(r"/rest/api/3/issue/(?P<target>[^/]+)(?P<part>/\w+)?")
# The fake says so in the body of every failure a test ordered; no contract documents those.
_ORDERED = b"Injected failure"
ModeInForce = Callable[[ProjectKey, ActionKind], Mode]


class ContractCheck:
    """Holds exchanges to the vendor's contract; one that was seen before is not checked again.

    The clock of every house starts at the same moment, so most exchanges of a session are equal.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._seen: set[bytes] = set()

    def check_request(self, request: httpx.Request, body: bytes) -> None:
        if self._is_new(request, body):
            self._contract.check_request(request, body)

    def check_response(self, request: httpx.Request, body: bytes, answer: httpx.Response) -> None:
        content = answer.content
        if _ORDERED not in content and self._is_new(request, body, answer.status_code, content):
            self._contract.check_response(request, body, answer)

    def _is_new(self, request: httpx.Request, *parts: object) -> bool:
        exchange = repr((request.method, request.url, *parts)).encode()
        digest = hashlib.sha256(exchange).digest()
        is_new = digest not in self._seen
        self._seen.add(digest)
        return is_new


class Killed(BaseException):
    """The process died here; nothing of ours may catch it."""


@dataclass(frozen=True)
class Write:
    """A request that asks Jira for a change, as it left.

    Shape: `kind` is None for the mark on a service-desk comment, which belongs to the comment;
    `target` names both ends of a link, the first being where it begins;
    `action_id` is what the request itself carries, empty when it carries none.
    """

    method: str
    path: str
    body: Any
    kind: ActionKind | None
    target: str
    action_id: str
    mode: Mode | None


@dataclass
class Wire(httpx.AsyncBaseTransport):
    """Passes requests on to the fake; every write is kept with the mode in force as it left.

    Shape: `deaths` are the moments the process is to die at, oldest first, by paths of Cloud;
    `before_answers` is what happens elsewhere, once, before the next write's answer arrives.
    """

    fake: httpx.AsyncBaseTransport
    contract: ContractCheck | None
    mode_in_force: ModeInForce
    writes: list[Write] = field(default_factory=list)
    deaths: list[tuple[str, str, Literal["before", "after"]]] = field(default_factory=list)

    before_answers: Callable[[], Awaitable[None]] | None = None

    def die(self, when: Literal["before", "after"], method: str, path: str) -> None:
        """Let the process die before a matching request is received, or after it was answered."""
        self.deaths.append((method, path, when))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        if is_write(request):
            self.writes.append(self._read_write(request, body))
        death = self._death_of(request)
        if death == "before":
            raise Killed
        if self.contract is not None:
            self.contract.check_request(request, body)
        response = await self.fake.handle_async_request(request)
        await response.aread()
        meanwhile = self.before_answers if is_write(request) else None
        if meanwhile is not None:
            self.before_answers = None
            await meanwhile()
        if self.contract is not None:
            self.contract.check_response(request, body, response)
        if death == "after":
            raise Killed
        return response

    async def aclose(self) -> None:
        await self.fake.aclose()

    def _death_of(self, request: httpx.Request) -> str | None:
        for number, (method, path, when) in enumerate(self.deaths):
            asked = _as_on_cloud(request.url.path)
            if method == request.method and re.fullmatch(path, asked):
                del self.deaths[number]
                return when
        return None

    def _read_write(self, request: httpx.Request, raw: bytes) -> Write:
        body = json.loads(raw) if raw else None
        method, path = request.method, _as_on_cloud(request.url.path)
        kind, target, action_id = _subject_of(method, path, body)
        project = ProjectKey(target.partition("-")[0])
        mode = self.mode_in_force(project, kind) if kind is not None else None
        return Write(method, path, body, kind, target, action_id, mode)


def is_write(request: httpx.Request) -> bool:
    """Whether a request asks for a change; searching by POST is reading."""
    is_reading_post = READING_POSTS.fullmatch(_as_on_cloud(request.url.path)) is not None
    return request.method not in ("GET", "HEAD", "OPTIONS") and not is_reading_post


def _as_on_cloud(path: str) -> str:
    """A path of Data Center, below the path its site has, as Cloud would have it."""
    return path.removeprefix("/jira").replace("/rest/api/2/", "/rest/api/3/", 1)


def _subject_of(method: str, path: str, body: Any) -> tuple[ActionKind | None, str, str]:
    """Kind, target and the action a write names itself; an unknown write has no place here."""
    if found := _MARK.fullmatch(path):
        return None, found["comment"], body["action_id"]
    if found := _SERVICE_COMMENT.fullmatch(path):
        public = ActionKind.JIRA_REPLY_TO_CUSTOMER
        return (public if body["public"] else ActionKind.JIRA_ADD_INTERNAL_COMMENT), found[1], ""
    if method == "DELETE":
        return _subject_of_removal(path)
    if method == "PUT" and (found := _OWN_COMMENT.fullmatch(path)):
        mark = body["properties"][0]["value"]["action_id"]
        return ActionKind.JIRA_UPDATE_COMMENT, found["target"], mark
    if path in (_ISSUES, _LINK):
        return _subject_of_making(path, body)
    found = _ISSUE.fullmatch(path)
    assert found is not None, f"nobody allowed {method} {path}"
    kind = _KINDS[method, found["part"] or ""]
    if kind is ActionKind.JIRA_ADD_LABELS and "fields" in body:
        kind = ActionKind.JIRA_UPDATE_FIELDS
    if kind is ActionKind.JIRA_ADD_LABELS and "remove" in body["update"]["labels"][0]:
        kind = ActionKind.JIRA_REMOVE_LABELS
    marks = [one["value"]["action_id"] for one in (body or {}).get("properties", ())]
    assert len(marks) == (kind is ActionKind.JIRA_ADD_COMMENT)
    return kind, found["target"], "".join(marks)


def _subject_of_making(path: str, body: Any) -> tuple[ActionKind | None, str, str]:
    if path == _ISSUES:
        mark = body["properties"][0]["value"]["action_id"]
        return ActionKind.JIRA_CREATE_ISSUE, body["fields"]["project"]["key"], mark
    both = f"{body['inwardIssue']['key']} {body['outwardIssue']['key']}"
    return ActionKind.JIRA_LINK_ISSUES, both, ""


def _subject_of_removal(path: str) -> tuple[ActionKind | None, str, str]:
    if found := _OWN_COMMENT.fullmatch(path):
        return ActionKind.JIRA_DELETE_COMMENT, found["target"], ""
    # Jira names a link by its own number only.
    assert path.startswith(_LINK), f"nobody allowed DELETE {path}"
    return ActionKind.JIRA_UNLINK_ISSUES, "", ""
