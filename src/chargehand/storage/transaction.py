"""What one transaction can reach: every repository, for reading, or for writing as well."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy import Connection

from chargehand.domain.ids import OrganizationId
from chargehand.domain.policy import Stage
from chargehand.storage.local_switches import NO_LOCAL_SWITCHES, LocalSwitches
from chargehand.storage.repositories.absences import AbsenceReader, AbsenceWriter
from chargehand.storage.repositories.actions import ActionReader, ActionWriter
from chargehand.storage.repositories.api_keys import ApiKeyReader, ApiKeyWriter
from chargehand.storage.repositories.approvals import ApprovalReader, ApprovalWriter
from chargehand.storage.repositories.asks import AskReader, AskWriter
from chargehand.storage.repositories.attention import AttentionReader, AttentionWriter
from chargehand.storage.repositories.audit import AuditReader, AuditWriter
from chargehand.storage.repositories.budgets import BudgetReader, BudgetWriter
from chargehand.storage.repositories.chat_views import ChatViewReader, ChatViewWriter
from chargehand.storage.repositories.connections import ConnectionReader, ConnectionWriter
from chargehand.storage.repositories.contents import ContentReader, ContentWriter
from chargehand.storage.repositories.decision_inputs import (
    DecisionInputReader,
    DecisionInputWriter,
)
from chargehand.storage.repositories.decisions import DecisionReader, DecisionWriter
from chargehand.storage.repositories.effects import EffectReader, EffectWriter
from chargehand.storage.repositories.events import EventReader, EventWriter
from chargehand.storage.repositories.figures import FigureReader
from chargehand.storage.repositories.flags import FlagReader, FlagWriter
from chargehand.storage.repositories.holds import HoldReader, HoldWriter
from chargehand.storage.repositories.members import MemberReader, MemberWriter
from chargehand.storage.repositories.model_requests import (
    ModelRequestReader,
    ModelRequestWriter,
)
from chargehand.storage.repositories.notices import NoticeReader, NoticeWriter
from chargehand.storage.repositories.observing import ObservationReader, ObservationWriter
from chargehand.storage.repositories.outgoing import OutgoingReader, OutgoingWriter
from chargehand.storage.repositories.personal_data import PersonalDataReader, PersonalDataWriter
from chargehand.storage.repositories.policies import PolicyReader, PolicyWriter
from chargehand.storage.repositories.processes import ProcessReader, ProcessWriter
from chargehand.storage.repositories.pseudonyms import PseudonymReader, PseudonymWriter
from chargehand.storage.repositories.references import ReferenceReader, ReferenceWriter
from chargehand.storage.repositories.reservations import ReservationReader, ReservationWriter
from chargehand.storage.repositories.retention import RetentionReader, RetentionWriter
from chargehand.storage.repositories.sendings import SendingReader, SendingWriter
from chargehand.storage.repositories.shadow import ShadowReader
from chargehand.storage.repositories.sign_in import SignInReader, SignInWriter
from chargehand.storage.repositories.spending import SpendingReader
from chargehand.storage.repositories.stats import StatsReader, StatsWriter
from chargehand.storage.repositories.stops import StopReader, StopWriter
from chargehand.storage.repositories.stored_secrets import (
    StoredSecretReader,
    StoredSecretWriter,
)
from chargehand.storage.repositories.subscriptions import (
    SubscriptionReader,
    SubscriptionWriter,
)
from chargehand.storage.repositories.traffic import TrafficReader, TrafficWriter
from chargehand.storage.repositories.undos import UndoReader, UndoWriter
from chargehand.storage.repositories.vendor_limits import VendorLimitReader, VendorLimitWriter
from chargehand.storage.repositories.votes import VoteReader, VoteWriter
from chargehand.storage.repositories.working_signs import WorkingSignReader, WorkingSignWriter

R = TypeVar("R")


class _Transaction:
    """What every repository of a transaction shares."""

    def __init__(
        self,
        connection: Connection,
        organization_id: OrganizationId,
        stage: Stage | None = None,
        switches: LocalSwitches = NO_LOCAL_SWITCHES,
    ) -> None:
        # The stage is of the installation that looks; a copy of the database may be another's.
        self.organization_id, self.stage = organization_id, stage
        self.switches = switches
        self.connection = connection


class _Lazy(ABC, Generic[R]):
    """A repository that is made when it is first asked for: most transactions use three or four."""

    def __init__(self) -> None:
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, transaction: _Transaction, owner: type) -> R:
        made = self._make_for(transaction)
        # From now on it is found there, and this is not asked again.
        transaction.__dict__[self._name] = made
        return made

    @abstractmethod
    def _make_for(self, transaction: _Transaction) -> R:
        """The repository of one transaction."""


class _Part(_Lazy[R]):
    """A repository of what the database alone says."""

    def __init__(self, make: Callable[[Connection, OrganizationId], R]) -> None:
        super().__init__()
        self._make = make

    def _make_for(self, transaction: _Transaction) -> R:
        return self._make(transaction.connection, transaction.organization_id)


class _Switched(_Lazy[R]):
    """A repository of what can be switched on this machine as well, whatever the database says."""

    def __init__(self, make: Callable[[Connection, OrganizationId, LocalSwitches], R]) -> None:
        super().__init__()
        self._make = make

    def _make_for(self, transaction: _Transaction) -> R:
        place = transaction.connection, transaction.organization_id
        return self._make(*place, transaction.switches)


class Reading(_Transaction):
    """A transaction that sees one consistent state and changes nothing."""

    contents = _Part(ContentReader)
    events = _Part(EventReader)
    asks = _Part(AskReader)
    decisions = _Part(DecisionReader)
    actions = _Part(ActionReader)
    absences = _Part(AbsenceReader)
    approvals = _Part(ApprovalReader)
    votes = _Part(VoteReader)
    effects = _Part(EffectReader)
    policies = _Part(PolicyReader)
    audit = _Part(AuditReader)
    chat_views = _Part(ChatViewReader)
    working_signs = _Part(WorkingSignReader)
    connections = _Part(ConnectionReader)
    api_keys = _Part(ApiKeyReader)
    notices = _Part(NoticeReader)
    flags = _Switched(FlagReader)
    stops = _Switched(StopReader)
    holds = _Part(HoldReader)
    personal_data = _Part(PersonalDataReader)
    pseudonyms = _Part(PseudonymReader)
    retention = _Part(RetentionReader)
    budgets = _Part(BudgetReader)
    reservations = _Part(ReservationReader)
    spending = _Part(SpendingReader)
    model_requests = _Part(ModelRequestReader)
    undos = _Part(UndoReader)
    stats = _Part(StatsReader)
    figures = _Part(FigureReader)
    observations = _Part(ObservationReader)
    outgoing = _Part(OutgoingReader)
    sendings = _Part(SendingReader)
    traffic = _Part(TrafficReader)
    stored_secrets = _Part(StoredSecretReader)
    processes = _Part(ProcessReader)
    members = _Part(MemberReader)
    attention = _Part(AttentionReader)
    vendor_limits = _Part(VendorLimitReader)
    subscriptions = _Part(SubscriptionReader)
    references = _Part(ReferenceReader)
    shadow = _Part(ShadowReader)
    sign_in = _Part(SignInReader)
    decision_inputs = _Part(DecisionInputReader)


class Writing(_Transaction):
    """A transaction that may change things; its audit records are written last, together."""

    contents = _Part(ContentWriter)
    events = _Part(EventWriter)
    asks = _Part(AskWriter)
    decisions = _Part(DecisionWriter)
    actions = _Part(ActionWriter)
    absences = _Part(AbsenceWriter)
    approvals = _Part(ApprovalWriter)
    votes = _Part(VoteWriter)
    effects = _Part(EffectWriter)
    policies = _Part(PolicyWriter)
    audit = _Part(AuditWriter)
    chat_views = _Part(ChatViewWriter)
    working_signs = _Part(WorkingSignWriter)
    connections = _Part(ConnectionWriter)
    api_keys = _Part(ApiKeyWriter)
    notices = _Part(NoticeWriter)
    flags = _Switched(FlagWriter)
    stops = _Switched(StopWriter)
    holds = _Part(HoldWriter)
    personal_data = _Part(PersonalDataWriter)
    pseudonyms = _Part(PseudonymWriter)
    retention = _Part(RetentionWriter)
    budgets = _Part(BudgetWriter)
    reservations = _Part(ReservationWriter)
    spending = _Part(SpendingReader)
    model_requests = _Part(ModelRequestWriter)
    undos = _Part(UndoWriter)
    stats = _Part(StatsWriter)
    figures = _Part(FigureReader)
    observations = _Part(ObservationWriter)
    outgoing = _Part(OutgoingWriter)
    sendings = _Part(SendingWriter)
    traffic = _Part(TrafficWriter)
    stored_secrets = _Part(StoredSecretWriter)
    processes = _Part(ProcessWriter)
    members = _Part(MemberWriter)
    attention = _Part(AttentionWriter)
    vendor_limits = _Part(VendorLimitWriter)
    subscriptions = _Part(SubscriptionWriter)
    references = _Part(ReferenceWriter)
    shadow = _Part(ShadowReader)
    sign_in = _Part(SignInWriter)
    decision_inputs = _Part(DecisionInputWriter)
