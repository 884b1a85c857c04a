"""What the demo asks of the running server and of the fake Jira, over HTTP alone."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chargehand.cli.loopback import Loopback
from chargehand.cli.seen import (
    SeenAction,
    SeenApproval,
    SeenDelivery,
    SeenTrace,
    read_seen,
    read_trace,
)
from chargehand.cli.thread import Remark, read_thread

_RECENT: Final = {"limit": "20"}


@dataclass(frozen=True, slots=True)
class Verified:
    """The outcome of walking the audit chain."""

    is_intact: bool
    records: int


@dataclass(frozen=True, slots=True)
class WaitingAction:
    """An approval with the action it is about."""

    approval: SeenApproval
    action: SeenAction


class ServerClient:
    """The REST API of a running chargehand, with a key."""

    def __init__(self, url: str, key: str) -> None:
        self._http = Loopback(url, {"Authorization": f"Bearer {key}"})

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def set_mode(self, mode: str, *, kind: str) -> int:
        """Put a mode in force for one kind of action; the policy's new version."""
        found = self._http.send("PUT", "/v1/modes", {"mode": mode, "kind": kind})
        return read_seen(found, _Version).version

    def newest_delivery(self) -> SeenDelivery | None:
        """The newest dispatched delivery; None before the first."""
        found = self._http.get("/v1/deliveries", {"limit": "1"})
        return next(iter(read_seen(found, _Deliveries).items), None)

    def trace(self, identifier: str) -> SeenTrace:
        """Everything about one thing."""
        return read_trace(self._http.get(f"/v1/trace/{identifier}"))

    def event_of_comment(self, comment_id: str, *, work_item: str) -> str | None:
        """The id of the event that told of a comment; None before it arrived."""
        found = self._http.get("/v1/events", {**_RECENT, "work_item": work_item})
        events = read_seen(found, _Events).items
        return next((e.id for e in events if e.data.get("comment_id") == comment_id), None)

    def approve(self, approval_id: str) -> WaitingAction:
        """Let the action be sent."""
        return self._decide(approval_id, "approve", {})

    def reject(self, approval_id: str, *, reason: str) -> WaitingAction:
        """See to it that the action is never sent."""
        return self._decide(approval_id, "reject", {"reason": reason})

    def edit(self, approval_id: str, *, text: str) -> WaitingAction:
        """Word the comment differently; the new approval."""
        return self._decide(approval_id, "edit", {"text": text})

    def has_nothing_waiting(self) -> bool:
        """Whether every delivery was looked at."""
        inbox = read_seen(self._http.get("/v1/status"), _Status).inbox
        return not inbox.interactive and not inbox.bulk

    def verify_audit(self) -> Verified:
        """Walk the audit chain."""
        return read_seen(self._http.get("/v1/audit/verification"), Verified)

    def _decide(self, approval_id: str, verb: str, body: object) -> WaitingAction:
        found = self._http.send("POST", f"/v1/approvals/{approval_id}/{verb}", body)
        approval = read_seen(found, SeenApproval)
        return WaitingAction(approval, read_seen(found, _WithAction).action)


class SiteClient:
    """The fake Jira: its people by the control API, and its REST API as one of them."""

    def __init__(self, url: str) -> None:
        self._http = Loopback(url)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send_webhooks_to(self, url: str, *, secret: str) -> None:
        """Tell this address, signed, what happens from now on."""
        self._http.send("PUT", "/__fake__/webhooks/targets", [{"url": url, "secret": secret}])

    def comment(self, work_item: str, *, author: str, body: str) -> str:
        """A person comments; the identifier of the webhook that tells of it."""
        path = f"/__fake__/issues/{work_item}/comments"
        found = read_seen(self._http.send("POST", path, {"author": author, "body": body}), _Told)
        return found.webhooks[0]

    def webhook_answer(self, identifier: str) -> int | None:
        """The status a webhook was answered with; None while there is no answer."""
        sent = read_seen(self._http.get("/__fake__/webhooks"), _Webhooks).webhooks
        return next((one.status for one in sent if one.id == identifier), None)

    def is_quiet(self) -> bool:
        """Whether every webhook was answered."""
        sent = read_seen(self._http.get("/__fake__/webhooks"), _Webhooks).webhooks
        return all(one.status is not None for one in sent)

    def writes(self) -> int:
        """How many changes were asked of the REST API, whoever asked."""
        found = self._http.get("/__fake__/requests", {"writes": "1"})
        return read_seen(found, _Counted).count

    def sign_in(self, name: str) -> "Reader":
        """A person's own view of the site."""
        people = read_seen(self._http.get("/__fake__/state"), _People).people
        person = next(one for one in people.values() if one.name == name)
        token = secrets.token_urlsafe(16)
        body = {
            "name": person.name,
            "account_id": person.account_id,
            "email": person.email,
            "time_zone": person.time_zone,
            "groups": list(person.groups),
            "token": token,
        }
        self._http.send("POST", "/__fake__/people", body)
        return Reader(Loopback(self._http.url, sign_in=(person.email, token)))


class Reader:
    """The site as one signed-in person sees it."""

    def __init__(self, http: Loopback) -> None:
        self._http = http

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def thread(self, work_item: str) -> tuple[Remark, ...]:
        """The comments of a work item, oldest first."""
        return read_thread(self._http.get(f"/rest/api/3/issue/{work_item}/comment"))

    def title(self, work_item: str) -> str:
        """What the work item is about."""
        found = self._http.get(f"/rest/api/3/issue/{work_item}", {"fields": "summary"})
        return read_seen(found, _Issue).fields.summary


@dataclass(frozen=True, slots=True)
class _Version:
    version: int


@dataclass(frozen=True, slots=True)
class _Inbox:
    interactive: int
    bulk: int


@dataclass(frozen=True, slots=True)
class _Status:
    inbox: _Inbox


@dataclass(frozen=True, slots=True)
class _Deliveries:
    items: tuple[SeenDelivery, ...]


@dataclass(frozen=True, slots=True)
class _Event:
    id: str
    recorded_at: datetime
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Events:
    items: tuple[_Event, ...]


@dataclass(frozen=True, slots=True)
class _WithAction:
    action: SeenAction


@dataclass(frozen=True, slots=True)
class _Told:
    webhooks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Webhook:
    id: str
    status: int | None


@dataclass(frozen=True, slots=True)
class _Webhooks:
    webhooks: tuple[_Webhook, ...]


@dataclass(frozen=True, slots=True)
class _Counted:
    count: int


@dataclass(frozen=True, slots=True)
class _Person:
    account_id: str
    name: str
    email: str
    time_zone: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _People:
    people: Mapping[str, _Person]


@dataclass(frozen=True, slots=True)
class _Fields:
    summary: str


@dataclass(frozen=True, slots=True)
class _Issue:
    fields: _Fields
