"""`selftest`: a signed delivery through the running server, that can never lead to an effect."""

import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from chargehand.cli.alive import front_address, look_at_front, look_at_worker
from chargehand.cli.context import Invocation
from chargehand.cli.output import excerpt, safe_line, since
from chargehand.kit.signing import hmac_sha256_hex

if TYPE_CHECKING:
    # SQLAlchemy and pydantic take longer to load than `--help` may.
    from chargehand.bootstrap.stores import Stores
    from chargehand.config.jira_settings import JiraConnection
    from chargehand.config.settings import Settings
    from chargehand.domain.records import ConnectionRecord, DecisionRecord, DeliveryRecord

_PROJECT: Final = "SELFTEST"
_LOOK_EVERY_S: Final = 0.05
_TIMEOUT_S: Final = 10.0
_ACCEPTED: Final = frozenset({200, 202})
# A poll may take as long as a call, so one interval late is not yet silence.
_MISSED_POLLS: Final = 3
_HINTS: Final[Mapping[int, str]] = {
    401: "The server knows another secret: it was started with another configuration, or before "
    "the secret changed. Restart `chargehand serve`.",
    404: "The server has no such connection: it was started with another configuration.",
    429: "Too many requests failed their proof a moment ago; wait a minute.",
    503: "The inbox takes nothing now: its disk may be full. See the server's log.",
}


@dataclass(frozen=True, slots=True)
class _Seen:
    """How far the delivery has come."""

    delivery: "DeliveryRecord | None"
    decision: "DecisionRecord | None"


class _Stages:
    """Prints each stage with the time since the start."""

    def __init__(self) -> None:
        self._started_s = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._started_s

    def passed(self, stage: str, found: str) -> None:
        typer.echo(f"ok    {self.elapsed_s:7.3f} s  {stage:<10}  {safe_line(found)}")

    def failed(self, stage: str, found: str, mend: str) -> typer.Exit:
        """Print why it ends here; the caller raises what comes back."""
        typer.echo(f"FAIL  {self.elapsed_s:7.3f} s  {stage:<10}  {safe_line(found)}")
        typer.echo(f"      {safe_line(mend)}")
        return typer.Exit(1)


def selftest(
    context: typer.Context,
    *,
    connection: Annotated[
        str | None, typer.Option(metavar="ID", help="Which connection; not needed if only one.")
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, max=600, metavar="SECONDS", help="How long to wait at most.")
    ] = 15.0,
) -> None:
    """Send a signed delivery through the running server and watch it to its decision.

    It tells of a comment in a project that nobody serves, so it must end in silence: nothing is
    read from Jira and nothing is sent. Exit 1 says what is missing.

    Example: chargehand selftest --timeout 5
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import find_tracker

    with invocation.open_stores() as (settings, stores):
        configured = find_tracker(settings, connection)
        now = invocation.clock(settings).now()
        stages = _Stages()
        if not configured.takes_webhooks:
            _check_polling(settings, stores, configured, stages, now=now)
            return
        delivery_id = _send(settings, configured, stages, now=now)
        _watch(settings, stores, configured, stages, delivery_id=delivery_id, timeout_s=timeout)
    typer.echo(f"\nThe way in is open. Look at it: chargehand trace {delivery_id}")


def _check_polling(
    settings: "Settings",
    stores: "Stores",
    configured: "JiraConnection",
    stages: _Stages,
    *,
    now: datetime,
) -> None:
    typer.echo(f"{configured.id} is polled and receives no webhooks, so the worker is checked.")
    worker = look_at_worker(settings)
    if not worker.is_up:
        raise stages.failed("worker", worker.found, "Start it: chargehand serve")
    stages.passed("worker", worker.found)
    record = stores.database.read(lambda tx: tx.connections.find(configured.id))
    polled = record.polled_at if record is not None else None
    if polled is None:
        raise stages.failed("polled", _why_not_connected(record), "See `chargehand doctor`.")
    latest = configured.poll_interval * _MISSED_POLLS + configured.request_timeout
    if now - polled > max(latest, timedelta(seconds=_TIMEOUT_S)):
        raise stages.failed("polled", f"last {since(polled, now)}", "See `chargehand doctor`.")
    stages.passed("polled", f"last {since(polled, now)}")


def _send(
    settings: "Settings", configured: "JiraConnection", stages: _Stages, *, now: datetime
) -> str:
    front = look_at_front(settings)
    if not front.is_up:
        raise stages.failed("front", front.found, "Start it: chargehand serve")
    stages.passed("front", front.found)
    marker = f"selftest-{secrets.token_hex(8)}"
    body = json.dumps(_payload(settings, configured, marker, now=now)).encode()
    path, proof = _prove(configured, body, stages)
    headers = {
        "Content-Type": "application/json",
        "X-Atlassian-Webhook-Identifier": marker,
        **proof,
    }
    request = urllib.request.Request(  # noqa: S310 - http, to our own server.
        f"{front_address(settings)}{path}", data=body, headers=headers, method="POST"
    )
    status, answer = _post(request, stages)
    delivery_id = answer.get("delivery")
    if status not in _ACCEPTED or not isinstance(delivery_id, str):
        told = excerpt(str(answer.get("detail", "")), longest=200)
        raise stages.failed(
            "accepted",
            f"HTTP {status} {told}".rstrip(),
            _HINTS.get(status, "See the server's log."),
        )
    stages.passed("accepted", f"HTTP {status}, stored as {delivery_id}")
    return delivery_id


def _prove(
    configured: "JiraConnection", body: bytes, stages: _Stages
) -> tuple[str, dict[str, str]]:
    """The path and the headers that prove us to be the sender."""
    path = f"/webhooks/{configured.connector}/{configured.id}"
    if configured.webhook_secrets:
        secret = configured.webhook_secrets[0].get_secret_value()
        stages.passed("signed", f"with the secret of {configured.id}")
        return path, {"X-Hub-Signature": f"sha256={hmac_sha256_hex(secret.encode(), body)}"}
    if configured.path_token is not None:
        stages.passed("proved", f"by the path token of {configured.id}")
        return f"{path}/t/{configured.path_token.get_secret_value()}", {}
    raise stages.failed(
        "signed",
        f"{configured.id} has no webhook secret, so every webhook is refused",
        "Put JIRA_WEBHOOK_SECRET into .env, and the same secret into the webhook in Jira.",
    )


def _post(request: urllib.request.Request, stages: _Stages) -> tuple[int, dict[str, object]]:
    try:
        # The request goes to our own server, over http.
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
            return answer.status, _read_object(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, _read_object(error.read())
    except OSError as error:
        failed = stages.failed("accepted", f"no answer: {error}", "See the server's log.")
        raise failed from error


def _read_object(body: bytes) -> dict[str, object]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _watch(
    settings: "Settings",
    stores: "Stores",
    configured: "JiraConnection",
    stages: _Stages,
    *,
    delivery_id: str,
    timeout_s: float,
) -> None:
    until_s = stages.elapsed_s + timeout_s
    while True:
        seen = _look(stores, delivery_id)
        if seen.delivery is not None and seen.decision is not None:
            break
        if stages.elapsed_s > until_s:
            raise _why_silent(settings, stores, configured, stages, timeout_s=timeout_s)
        time.sleep(_LOOK_EVERY_S)
    stages.passed("dispatched", f"as {seen.delivery.event_id}")
    decision = seen.decision
    told = f"{decision.verdict.value}, {decision.reason.value} ({decision.id})"
    if decision.verdict.value != "silent":
        raise stages.failed("decided", told, "A self-test must end in silence; please report this.")
    stages.passed("decided", told)


def _look(stores: "Stores", delivery_id: str) -> _Seen:
    database = stores.database
    delivery = database.read(lambda tx: tx.events.find_delivery(delivery_id))
    if delivery is None:
        return _Seen(None, None)
    event_id = delivery.event_id
    found = database.read(lambda tx: tx.decisions.of_event(event_id))
    return _Seen(delivery, found[0] if found else None)


def _why_silent(
    settings: "Settings",
    stores: "Stores",
    configured: "JiraConnection",
    stages: _Stages,
    *,
    timeout_s: float,
) -> typer.Exit:
    stored = f"stored safely, and not taken up within {timeout_s:g} s"
    worker = look_at_worker(settings)
    if not worker.is_up:
        mend = f"{worker.found}. Start it: chargehand serve"
        return stages.failed("dispatched", stored, mend[0].upper() + mend[1:])
    record = stores.database.read(lambda tx: tx.connections.find(configured.id))
    if record is None or record.bot_account_id is None:
        why = f"{_why_not_connected(record)}; deliveries wait until it knows who the bot is"
        return stages.failed("dispatched", f"{stored}: {why}", "See `chargehand doctor`.")
    return stages.failed(
        "dispatched", stored, f"The worker {worker.found} and may be busy; see `chargehand status`."
    )


def _why_not_connected(record: "ConnectionRecord | None") -> str:
    failure = record.last_failure if record is not None else ""
    found = "the worker has not reached Jira yet"
    return f"{found}, the last call failed with {failure}" if failure else found


def _payload(
    settings: "Settings", configured: "JiraConnection", marker: str, *, now: datetime
) -> Mapping[str, object]:
    """A comment webhook in Jira's shape, about a project that no connection serves."""
    served = settings.served_projects
    project = next(
        key
        for key in (_PROJECT, *(f"{_PROJECT}{n}" for n in range(len(served))))
        if key not in served
    )
    author = {
        "accountId": "chargehand:selftest",
        "displayName": "chargehand selftest",
        "accountType": "atlassian",
        "active": True,
    }
    at = f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}+0000"
    return {
        "timestamp": int(now.timestamp() * 1000),
        "webhookEvent": "comment_created",
        "comment": {
            "self": f"{configured.site}/rest/api/2/issue/0/comment/{marker}",
            "id": marker,
            "author": author,
            "updateAuthor": author,
            "body": "A self-test of chargehand; there is no such comment in Jira.",
            "created": at,
            "updated": at,
            "jsdPublic": True,
        },
        "issue": {
            "id": "0",
            "self": f"{configured.site}/rest/api/2/issue/0",
            "key": f"{project}-1",
            "fields": {
                "summary": "A self-test of chargehand",
                "project": {"id": "0", "key": project, "projectTypeKey": "software"},
            },
        },
    }
