"""Distinct types for every identifier that crosses a boundary."""

from typing import NewType

OrganizationId = NewType("OrganizationId", str)
ConnectionId = NewType("ConnectionId", str)
DeliveryId = NewType("DeliveryId", str)
EventId = NewType("EventId", str)
AskId = NewType("AskId", str)
DecisionId = NewType("DecisionId", str)
ActionId = NewType("ActionId", str)
ApprovalId = NewType("ApprovalId", str)
EffectId = NewType("EffectId", str)
ApiKeyId = NewType("ApiKeyId", str)
NoticeId = NewType("NoticeId", str)
BudgetId = NewType("BudgetId", str)
ReservationId = NewType("ReservationId", str)
BackupId = NewType("BackupId", str)
GlassId = NewType("GlassId", str)
HoldId = NewType("HoldId", str)
ProcessId = NewType("ProcessId", str)
MemberId = NewType("MemberId", str)
ReminderId = NewType("ReminderId", str)
FeedbackId = NewType("FeedbackId", str)
SubscriptionId = NewType("SubscriptionId", str)
VoteId = NewType("VoteId", str)
AbsenceId = NewType("AbsenceId", str)
OutgoingId = NewType("OutgoingId", str)
SessionId = NewType("SessionId", str)

ProjectKey = NewType("ProjectKey", str)
WorkItemKey = NewType("WorkItemKey", str)
AccountId = NewType("AccountId", str)

# What is asked where no project is served, as in a channel that is bound to none.
NO_PROJECT = ProjectKey("none")
DEFAULT_ORGANIZATION = OrganizationId("default")
