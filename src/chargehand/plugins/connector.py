"""The contract of a connector; `chargehand.connectors.jira` is the first to keep it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from chargehand.domain.action import ActionKind, ActionResult, ApprovedAction, ProposedAction
from chargehand.domain.code import PullRequest, PullRequestRef
from chargehand.domain.delivery import VerifiedDelivery
from chargehand.domain.diff import Diff
from chargehand.domain.event import Event, Place
from chargehand.domain.fact import Known
from chargehand.domain.form import Form
from chargehand.domain.ids import AccountId, ActionId, ConnectionId, ProjectKey
from chargehand.domain.json import JSONObject
from chargehand.domain.thread import ThreadMessage
from chargehand.domain.work_item import FactNeeds, Facts


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a connector says of itself in `manifest.toml`.

    Shape: `action_kinds` are those it carries out.
    Units: `body_limit_bytes` caps one received request.
    """

    name: str
    title: str
    body_limit_bytes: int
    action_kinds: tuple[ActionKind, ...]


@dataclass(frozen=True, slots=True)
class IntakeSecrets:
    """What proves a sender: one or two signing secrets, or an unguessable path token.

    Shape: `path_token` is None unless the operator switched it on for senders that can not sign.
    """

    signing: tuple[str, ...] = ()
    path_token: str | None = None


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A received request before anything was believed.

    Shape: `headers` are lower case; `path_token` is the part after the connection's path.
    """

    connection_id: ConnectionId
    headers: Mapping[str, str]
    body: bytes
    path_token: str | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """How a vendor wants its request to be answered, once the delivery is stored.

    Shape: `body` None stands for our own answer, which tells the delivery's id; a vendor that
    demands something (a challenge given back, a promise of a later reply) gets exactly that, for
    a repeated delivery too. `is_kept` is false for what only proves that we are here, such as a
    ping: it is answered and not stored. `showing` makes the answer that opens a form instead,
    None where the request can not be answered by one.
    """

    body: bytes | None = None
    content_type: str = "application/json"
    is_kept: bool = True
    showing: Callable[[Form], "Acknowledgement"] | None = None


OUR_OWN: Final = Acknowledgement()


class WebhookReceiver(Protocol):
    """Proves who sent a request; pure, so that it can run in the front without a client."""

    @property
    def manifest(self) -> Manifest:
        """What the connector says of itself."""
        ...

    def verify(self, request: RawRequest, secrets: IntakeSecrets) -> VerifiedDelivery:
        """Turn a proved request into a delivery.

        Raises: SignatureMissing, SignatureMalformed, SignatureWrong, all Rejected.
        """
        ...

    def acknowledge(self, delivery: VerifiedDelivery) -> Acknowledgement:
        """How the vendor wants the request of a proved delivery to be answered; pure and total."""
        ...


class EventParser(Protocol):
    """Says what a delivery means; pure and total."""

    def parse(self, delivery: VerifiedDelivery) -> Event:
        """Exactly one event; what is not understood is `unsupported`."""
        ...


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """The account chargehand acts as.

    Shape: `user_name` is the name people mention it by, where that is not the account itself.
    """

    account_id: AccountId
    name: str
    time_zone: str | None = None
    user_name: str | None = None


class CheckState(StrEnum):
    """How one check of `doctor` ended."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `doctor`: what was checked, what was found, how to mend it."""

    name: str
    state: CheckState
    found: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class PollPage:
    """Deliveries found since a cursor, and the cursor to store with them."""

    deliveries: tuple[VerifiedDelivery, ...]
    cursor: str


class SentAction(Protocol):
    """What looking for an effect needs of the action that may have caused it."""

    @property
    def action_id(self) -> ActionId:
        """The id the effect's mark carries."""
        ...

    @property
    def kind(self) -> ActionKind:
        """What was to be done."""
        ...

    @property
    def target(self) -> str:
        """What it was to be done to."""
        ...

    @property
    def params(self) -> JSONObject:
        """How it was to be done."""
        ...

    @property
    def base(self) -> JSONObject:
        """The state it was proposed on."""
        ...


@dataclass(frozen=True, slots=True)
class PastEffect:
    """What the ledger knows of a send whose outcome is open.

    Units: `intended_at` is UTC, the moment before the request may have left.
    """

    intended_at: datetime
    attempts: int
    details: Mapping[str, str] = field(default_factory=dict)


class LookUpState(StrEnum):
    """What looking for an effect at the vendor showed."""

    FOUND = "found"
    ABSENT = "absent"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class LookUp:
    """Whether an earlier send landed; `FOUND` carries where."""

    state: LookUpState
    external_id: str = ""
    url: str = ""
    reason: str = ""


class ConnectorClient(Protocol):
    """One live connection to a vendor site; every call has a time-out."""

    @property
    def clock_offset_s(self) -> float | None:
        """What the vendor's clock is ahead of ours by its last answer; None before the first."""
        ...

    async def identify_bot(self) -> BotIdentity:
        """The account the sign-in belongs to."""
        ...

    async def perform(self, action: ApprovedAction) -> ActionResult:
        """Send one approved action; the only write there is."""
        ...

    async def look_up(self, action: SentAction, past: PastEffect) -> LookUp:
        """Find out whether an earlier send landed; reading only, so no approval is needed."""
        ...

    def poll(
        self, projects: Sequence[ProjectKey], cursor: str | None, *, now: datetime
    ) -> AsyncIterator[PollPage]:
        """Everything that changed since the cursor, page by page; None starts at `now`."""
        ...

    async def check(self) -> tuple[Check, ...]:
        """Really call the vendor and say, check by check, what works."""
        ...

    async def aclose(self) -> None:
        """Close the connections; safe to call twice."""
        ...


class FactSource(Protocol):
    """What knows work items: a tracker."""

    async def read_facts(self, needs: FactNeeds, *, now: datetime) -> Facts:
        """Read what an answer needs; what can not be read is Unknown, never raised."""
        ...

    async def is_own_comment(self, work_item: str, comment_id: str) -> bool | None:
        """Whether a comment carries our action's mark; None when it can not be read now."""
        ...


class CodeSource(Protocol):
    """What knows repositories and pull requests: a code host.

    What can not be read is Unknown, never raised.
    """

    async def read_pull_request(self, ref: PullRequestRef, *, now: datetime) -> Known[PullRequest]:
        """One pull request with its reviewers and the checks of its newest commit."""
        ...

    async def read_diff(self, ref: PullRequestRef, *, now: datetime) -> Known[Diff]:
        """What a pull request changes: how many lines, and which paths, as far as it is told."""
        ...

    async def read_open_pull_requests(
        self, repository: str, *, limit: int, now: datetime
    ) -> Known[tuple[PullRequest, ...]]:
        """The open pull requests of a repository, longest untouched first, at most `limit`.

        Shape: their checks may be Unknown where reading them costs a request each.
        """
        ...

    async def may_read(
        self, repository: str, account_id: AccountId, *, now: datetime
    ) -> Known[bool]:
        """Whether an account of the host may read a repository."""
        ...


class AccountState(StrEnum):
    """What a vendor says of an account of its own.

    `works` stands for one it knows and does not call deactivated; `gone` for one it calls
    deactivated, deleted, or no member any more. Whatever is neither is `unclear`.
    """

    WORKS = "works"
    GONE = "gone"
    UNCLEAR = "unclear"


class AccountSource(Protocol):
    """What knows whether accounts work: a vendor that tells it clearly."""

    async def account_state(self, account_id: AccountId) -> AccountState:
        """What the vendor says of an account now.

        Raises: the errors of plugins/errors.py, where it can not be asked.
        """
        ...


class AddressSource(Protocol):
    """What knows the e-mail addresses of accounts, where their owners let the bot see them."""

    async def account_address(self, account_id: AccountId) -> str | None:
        """The address of an account; None where the vendor does not tell, or has no such account.

        Raises: the errors of plugins/errors.py, where it can not be asked.
        """
        ...


class PlaceReader(Protocol):
    """What knows the channels and the people of a chat."""

    async def read_place(self, place: Place, account_id: AccountId | None) -> Place:
        """The place as the vendor knows it; of an unknown kind where it can not be asked now."""
        ...


class ThreadReader(Protocol):
    """What knows what was said in the threads of a chat."""

    async def read_thread(self, place: Place, *, limit: int) -> tuple[ThreadMessage, ...] | None:
        """The newest messages of the thread a place is in, oldest first; none outside of one.

        Shape: None where the vendor does not tell now, which is never raised.
        """
        ...


# Finds the form that a delivery opens, soon; None where it opens none.
FindForm = Callable[[VerifiedDelivery], Awaitable[Form | None]]

# Stores deliveries durably; returns once nothing of them can be lost.
StoreDeliveries = Callable[[tuple[VerifiedDelivery, ...]], Awaitable[None]]


class Listener(Protocol):
    """A connection that we open and the vendor speaks on, for hosts without a public address."""

    async def listen(self, store: StoreDeliveries) -> None:
        """Hand in what arrives until cancelled; reconnects by itself, with back-off.

        A delivery is acknowledged to the vendor only after `store` has returned.
        Raises: ChargehandError when going on is useless, such as a sign-in that was revoked.
        """
        ...


@dataclass(frozen=True, slots=True)
class DoneAction:
    """An action that was executed, as far as undoing it needs to know.

    Shape: `result` holds what the vendor answered: `external_id`, `url`, and `already` when the
    state had been reached before.
    """

    action_id: ActionId
    proposal: ProposedAction
    result: JSONObject


@dataclass(frozen=True, slots=True)
class NoWayBack:
    """Why an action can not be undone; `reason` completes "It can not be undone: ..."."""

    reason: str


class ActionPreviewer(Protocol):
    """Renders the exact text people judge before an action is allowed, and knows its inverse."""

    def preview(self, action: ProposedAction) -> str:
        """The action in words, complete: what is hidden here may not be sent."""
        ...

    def inverse(self, done: DoneAction) -> ProposedAction | NoWayBack:
        """The action that undoes another, without a preview, or why there is none; pure.

        What the vendor's state has to be for it is its base, checked when it is sent.
        """
        ...
