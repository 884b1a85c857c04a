"""A configured connection as the pipeline uses it, whatever the vendor."""

from dataclasses import dataclass
from datetime import timedelta

from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.plugins.connector import ActionPreviewer, ConnectorClient, EventParser


@dataclass(frozen=True, slots=True)
class LiveConnection:
    """Everything the worker needs of one site.

    Shape: `poll_interval` is None when webhooks are the only intake.
    Units: `settle_after` is longer than any request lives, so that a send whose end nobody saw
    has landed by then or never will.
    """

    id: ConnectionId
    connector: str
    site: str
    projects: frozenset[ProjectKey]
    parser: EventParser
    previewer: ActionPreviewer
    client: ConnectorClient
    poll_interval: timedelta | None
    settle_after: timedelta


@dataclass(frozen=True, slots=True)
class PipelineRules:
    """What the operator set that the pipeline goes by."""

    answer_within: timedelta
    approval_expires_after: timedelta
    team_zone: str
