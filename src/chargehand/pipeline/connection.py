"""A configured connection as the pipeline uses it, whatever the vendor."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

from chargehand.domain.ask import Repeat
from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.domain.member import Role
from chargehand.domain.retention import DEFAULT_RETENTION, Retention
from chargehand.kit.calendar import WorkingHours
from chargehand.plugins.connector import (
    AccountSource,
    ActionPreviewer,
    AddressSource,
    CodeSource,
    ConnectorClient,
    EventParser,
    FactSource,
    Listener,
    PlaceReader,
    ThreadReader,
)
from chargehand.plugins.limits import LimitBoard, LimitsOf, no_limits


@dataclass(frozen=True, slots=True)
class LiveConnection:
    """Everything the worker needs of one site.

    Shape: `poll_interval` is None when nothing is polled; `facts` is None where no work items
    live, as in a chat; `code` is None where no repositories live; `accounts` is None where
    nobody tells whether accounts work, and `addresses` where nobody tells addresses;
    `listener` is None unless we open the connection events come by;
    `places` knows more of a chat's places than events tell, and `threads` what was said in them;
    `channels` binds a chat's channels, a code host's repositories and a wiki's spaces to
    the projects they serve, `projects` are all of them; `tells_in_public` says that facts of these
    projects may be told in repositories and spaces that everybody can read; what waits for
    approval in the projects of `approvals_channel` is shown there.
    `announces_in` is the channel, as connection/channel, where events that say so are told.
    Its client and who sends its actions share `limits`; `limits_of` says what an action counts
    against.
    Units: a send is cut off after `send_within`; by `settle_after`, which is longer, it has landed
    or never will, though nobody saw its end.
    """

    id: ConnectionId
    connector: str
    site: str
    projects: frozenset[ProjectKey]
    parser: EventParser
    previewer: ActionPreviewer
    client: ConnectorClient
    poll_interval: timedelta | None
    send_within: timedelta
    settle_after: timedelta
    facts: FactSource | None = None
    code: CodeSource | None = None
    accounts: AccountSource | None = None
    addresses: AddressSource | None = None
    listener: Listener | None = None
    places: PlaceReader | None = None
    threads: ThreadReader | None = None
    channels: Mapping[str, frozenset[ProjectKey]] = field(default_factory=dict)
    tells_in_public: bool = False
    approvals_channel: str | None = None
    announces_in: str | None = None
    limits: LimitBoard = field(default_factory=LimitBoard)
    limits_of: LimitsOf = no_limits

    @property
    def tracker(self) -> FactSource:
        """What knows the work items of this connection's projects.

        Raises: AssertionError for a chat, which no ask's facts are looked for in.
        """
        if self.facts is None:
            message = f"{self.id} is no tracker"
            raise AssertionError(message)
        return self.facts


@dataclass(frozen=True, slots=True)
class PipelineRules:
    """What the operator set that the pipeline goes by.

    Shape: `repeat_in` are the projects with another answer to repetition than `repeat`.
    Units: `remind_after` and `escalate_after` are hours somebody worked; zero is never.
    """

    answer_within: timedelta
    approval_expires_after: timedelta
    team_zone: str
    hours: WorkingHours = field(default_factory=lambda: WorkingHours(ZoneInfo("UTC")))
    remind_after: timedelta = timedelta()
    escalate_after: timedelta = timedelta()
    escalate_to: frozenset[Role] = frozenset()
    repeat: Repeat = Repeat.NEW
    repeat_in: Mapping[ProjectKey, Repeat] = field(default_factory=dict)
    retention: Retention = field(default_factory=lambda: DEFAULT_RETENTION)
