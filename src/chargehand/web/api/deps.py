"""What the API is made of, handed in by `bootstrap`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from chargehand.budgets.caps import BudgetRules
from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.inbox.ports import DeliveryQueue
from chargehand.kit.clock import Clock
from chargehand.pipeline.caller import CommandDeps
from chargehand.pipeline.connection import PipelineRules
from chargehand.pipeline.connection_health import KnownConnection
from chargehand.pipeline.looking import AuditCheckpoint, Database
from chargehand.pipeline.sessions import SessionRules
from chargehand.plugins.connector import ActionPreviewer
from chargehand.web.api.request_rate import RequestRate
from chargehand.web.body import BodyReader
from chargehand.web.own_page import OwnOrigin
from chargehand.web.session_cookie import SessionCookie


@dataclass(frozen=True, slots=True)
class APIDeps:
    """What the API is made of.

    Shape: `previewers` render edited actions and `connectors` say of which kind a configured
    connection is, both by connection; `known` is what the settings say of each; `bodies` limits
    what is held of all request bodies together; `own` is where our own pages come from; `rate` is
    how often one caller may ask.
    """

    database: Database
    queue: DeliveryQueue
    checkpoint: AuditCheckpoint
    previewers: Mapping[ConnectionId, ActionPreviewer]
    connectors: Mapping[ConnectionId, str]
    served_projects: Collection[ProjectKey]
    commands: CommandDeps
    rules: PipelineRules
    budget_rules: BudgetRules
    clock: Clock
    version: str
    known: Sequence[KnownConnection] = ()
    bodies: BodyReader = field(default_factory=BodyReader)
    session_rules: SessionRules = field(default_factory=SessionRules)
    cookie: SessionCookie = field(default_factory=SessionCookie)
    own: OwnOrigin = field(default_factory=OwnOrigin)
    rate: RequestRate = field(default_factory=RequestRate)
