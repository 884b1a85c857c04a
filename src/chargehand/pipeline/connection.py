"""A configured connection as the pipeline uses it, whatever the vendor."""

from dataclasses import dataclass, field
from datetime import timedelta

from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.domain.retention import DEFAULT_RETENTION, Retention
from chargehand.plugins.connector import ActionPreviewer, ConnectorClient, EventParser


@dataclass(frozen=True, slots=True)
class LiveConnection:
    """Everything the worker needs of one site.

    Shape: `poll_interval` is None when webhooks are the only intake.
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


@dataclass(frozen=True, slots=True)
class PipelineRules:
    """What the operator set that the pipeline goes by."""

    answer_within: timedelta
    approval_expires_after: timedelta
    team_zone: str
    retention: Retention = field(default_factory=lambda: DEFAULT_RETENTION)
