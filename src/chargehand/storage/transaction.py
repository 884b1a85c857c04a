"""What one transaction can reach: every repository, for reading, or for writing as well."""

from sqlalchemy import Connection

from chargehand.domain.ids import OrganizationId
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
from chargehand.storage.repositories.personal_data import PersonalDataReader, PersonalDataWriter
from chargehand.storage.repositories.policies import PolicyReader, PolicyWriter
from chargehand.storage.repositories.processes import ProcessReader, ProcessWriter
from chargehand.storage.repositories.pseudonyms import PseudonymReader, PseudonymWriter
from chargehand.storage.repositories.references import ReferenceReader, ReferenceWriter
from chargehand.storage.repositories.reservations import ReservationReader, ReservationWriter
from chargehand.storage.repositories.retention import RetentionReader, RetentionWriter
from chargehand.storage.repositories.sendings import SendingReader, SendingWriter
from chargehand.storage.repositories.shadow import ShadowReader
from chargehand.storage.repositories.spending import SpendingReader
from chargehand.storage.repositories.stats import StatsReader, StatsWriter
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


class Reading:
    """A transaction that sees one consistent state and changes nothing."""

    def __init__(self, connection: Connection, organization_id: OrganizationId) -> None:
        self.organization_id = organization_id
        self.contents = ContentReader(connection, organization_id)
        self.events = EventReader(connection, organization_id)
        self.asks = AskReader(connection, organization_id)
        self.decisions = DecisionReader(connection, organization_id)
        self.actions = ActionReader(connection, organization_id)
        self.absences = AbsenceReader(connection, organization_id)
        self.approvals = ApprovalReader(connection, organization_id)
        self.votes = VoteReader(connection, organization_id)
        self.effects = EffectReader(connection, organization_id)
        self.policies = PolicyReader(connection, organization_id)
        self.audit = AuditReader(connection, organization_id)
        self.chat_views = ChatViewReader(connection, organization_id)
        self.working_signs = WorkingSignReader(connection, organization_id)
        self.connections = ConnectionReader(connection, organization_id)
        self.api_keys = ApiKeyReader(connection, organization_id)
        self.notices = NoticeReader(connection, organization_id)
        self.flags = FlagReader(connection, organization_id)
        self.holds = HoldReader(connection, organization_id)
        self.personal_data = PersonalDataReader(connection, organization_id)
        self.pseudonyms = PseudonymReader(connection, organization_id)
        self.retention = RetentionReader(connection, organization_id)
        self.budgets = BudgetReader(connection, organization_id)
        self.reservations = ReservationReader(connection, organization_id)
        self.spending = SpendingReader(connection, organization_id)
        self.flags = FlagReader(connection, organization_id)
        self.model_requests = ModelRequestReader(connection, organization_id)
        self.undos = UndoReader(connection, organization_id)
        self.stats = StatsReader(connection, organization_id)
        self.figures = FigureReader(connection, organization_id)
        self.observations = ObservationReader(connection, organization_id)
        self.sendings = SendingReader(connection, organization_id)
        self.traffic = TrafficReader(connection, organization_id)
        self.stored_secrets = StoredSecretReader(connection, organization_id)
        self.processes = ProcessReader(connection, organization_id)
        self.members = MemberReader(connection, organization_id)
        self.attention = AttentionReader(connection, organization_id)
        self.vendor_limits = VendorLimitReader(connection, organization_id)
        self.subscriptions = SubscriptionReader(connection, organization_id)
        self.references = ReferenceReader(connection, organization_id)
        self.shadow = ShadowReader(connection, organization_id)


class Writing:
    """A transaction that may change things; its audit records are written last, together."""

    def __init__(self, connection: Connection, organization_id: OrganizationId) -> None:
        self.organization_id = organization_id
        self.contents = ContentWriter(connection, organization_id)
        self.events = EventWriter(connection, organization_id)
        self.asks = AskWriter(connection, organization_id)
        self.decisions = DecisionWriter(connection, organization_id)
        self.actions = ActionWriter(connection, organization_id)
        self.absences = AbsenceWriter(connection, organization_id)
        self.approvals = ApprovalWriter(connection, organization_id)
        self.votes = VoteWriter(connection, organization_id)
        self.effects = EffectWriter(connection, organization_id)
        self.policies = PolicyWriter(connection, organization_id)
        self.audit = AuditWriter(connection, organization_id)
        self.chat_views = ChatViewWriter(connection, organization_id)
        self.working_signs = WorkingSignWriter(connection, organization_id)
        self.connections = ConnectionWriter(connection, organization_id)
        self.api_keys = ApiKeyWriter(connection, organization_id)
        self.notices = NoticeWriter(connection, organization_id)
        self.flags = FlagWriter(connection, organization_id)
        self.holds = HoldWriter(connection, organization_id)
        self.personal_data = PersonalDataWriter(connection, organization_id)
        self.pseudonyms = PseudonymWriter(connection, organization_id)
        self.retention = RetentionWriter(connection, organization_id)
        self.budgets = BudgetWriter(connection, organization_id)
        self.reservations = ReservationWriter(connection, organization_id)
        self.spending = SpendingReader(connection, organization_id)
        self.flags = FlagWriter(connection, organization_id)
        self.model_requests = ModelRequestWriter(connection, organization_id)
        self.undos = UndoWriter(connection, organization_id)
        self.stats = StatsWriter(connection, organization_id)
        self.figures = FigureReader(connection, organization_id)
        self.observations = ObservationWriter(connection, organization_id)
        self.sendings = SendingWriter(connection, organization_id)
        self.traffic = TrafficWriter(connection, organization_id)
        self.stored_secrets = StoredSecretWriter(connection, organization_id)
        self.processes = ProcessWriter(connection, organization_id)
        self.members = MemberWriter(connection, organization_id)
        self.attention = AttentionWriter(connection, organization_id)
        self.vendor_limits = VendorLimitWriter(connection, organization_id)
        self.subscriptions = SubscriptionWriter(connection, organization_id)
        self.references = ReferenceWriter(connection, organization_id)
        self.shadow = ShadowReader(connection, organization_id)
