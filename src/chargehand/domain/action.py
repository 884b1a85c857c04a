"""One side effect on one target: typed, previewed, bound to a digest."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, TypeAlias

from chargehand.domain.ids import (
    ActionId,
    ApprovalId,
    ConnectionId,
    EffectId,
    OrganizationId,
    ProjectKey,
)
from chargehand.domain.json import JSONObject


class ActionKind(StrEnum):
    """Every kind of side effect there is; the connector is the part before the dot."""

    BITBUCKET_ADD_COMMENT = "bitbucket.add_comment"
    BITBUCKET_UPDATE_COMMENT = "bitbucket.update_comment"
    BITBUCKET_DELETE_COMMENT = "bitbucket.delete_comment"
    BITBUCKET_ADD_REVIEWERS = "bitbucket.add_reviewers"
    BITBUCKET_REMOVE_REVIEWERS = "bitbucket.remove_reviewers"
    BITBUCKET_APPROVE = "bitbucket.approve"
    BITBUCKET_UNAPPROVE = "bitbucket.unapprove"
    BITBUCKET_RUN_PIPELINE = "bitbucket.run_pipeline"
    BITBUCKET_STOP_PIPELINE = "bitbucket.stop_pipeline"
    JIRA_ADD_COMMENT = "jira.add_comment"
    JIRA_ADD_INTERNAL_COMMENT = "jira.add_internal_comment"
    JIRA_REPLY_TO_CUSTOMER = "jira.reply_to_customer"
    JIRA_TRANSITION_ISSUE = "jira.transition_issue"
    JIRA_ASSIGN_ISSUE = "jira.assign_issue"
    JIRA_ADD_LABELS = "jira.add_labels"
    JIRA_LINK_ISSUES = "jira.link_issues"
    JIRA_UPDATE_FIELDS = "jira.update_fields"
    JIRA_CREATE_ISSUE = "jira.create_issue"
    JIRA_UPDATE_COMMENT = "jira.update_comment"
    JIRA_DELETE_COMMENT = "jira.delete_comment"
    JIRA_REMOVE_LABELS = "jira.remove_labels"
    JIRA_UNLINK_ISSUES = "jira.unlink_issues"
    GITHUB_ADD_COMMENT = "github.add_comment"
    GITHUB_UPDATE_COMMENT = "github.update_comment"
    GITHUB_DELETE_COMMENT = "github.delete_comment"
    GITHUB_CREATE_ISSUE = "github.create_issue"
    GITHUB_ADD_LABELS = "github.add_labels"
    GITHUB_REMOVE_LABELS = "github.remove_labels"
    GITHUB_ASSIGN = "github.assign"
    GITHUB_UNASSIGN = "github.unassign"
    GITHUB_REQUEST_REVIEWERS = "github.request_reviewers"
    GITHUB_REMOVE_REVIEWERS = "github.remove_reviewers"
    GITHUB_APPROVE = "github.approve"
    GITHUB_DISMISS_APPROVAL = "github.dismiss_approval"
    GITHUB_DISPATCH_WORKFLOW = "github.dispatch_workflow"
    GITHUB_RERUN_WORKFLOW = "github.rerun_workflow"
    GITHUB_CANCEL_WORKFLOW = "github.cancel_workflow"
    SLACK_POST_MESSAGE = "slack.post_message"
    SLACK_POST_EPHEMERAL = "slack.post_ephemeral"
    SLACK_SEND_DIRECT_MESSAGE = "slack.send_direct_message"
    SLACK_UPDATE_MESSAGE = "slack.update_message"
    SLACK_DELETE_MESSAGE = "slack.delete_message"
    SLACK_ADD_REACTION = "slack.add_reaction"
    SLACK_REMOVE_REACTION = "slack.remove_reaction"
    SLACK_OPEN_MODAL = "slack.open_modal"
    DISCORD_POST_MESSAGE = "discord.post_message"
    DISCORD_EDIT_MESSAGE = "discord.edit_message"
    DISCORD_DELETE_MESSAGE = "discord.delete_message"
    DISCORD_EDIT_REPLY = "discord.edit_reply"
    DISCORD_FOLLOW_UP = "discord.follow_up"
    DISCORD_SEND_DIRECT_MESSAGE = "discord.send_direct_message"
    DISCORD_ADD_REACTION = "discord.add_reaction"
    DISCORD_REMOVE_REACTION = "discord.remove_reaction"
    CONFLUENCE_ADD_COMMENT = "confluence.add_comment"
    CONFLUENCE_DELETE_COMMENT = "confluence.delete_comment"
    CONFLUENCE_CREATE_PAGE = "confluence.create_page"
    CONFLUENCE_UPDATE_PAGE = "confluence.update_page"
    CONFLUENCE_DELETE_PAGE = "confluence.delete_page"

    @property
    def connector(self) -> str:
        """The connector that does it."""
        return self.value.partition(".")[0]


# What only says something; every other kind changes something.
COMMENTS: Final = frozenset(
    {
        ActionKind.BITBUCKET_ADD_COMMENT,
        ActionKind.BITBUCKET_UPDATE_COMMENT,
        ActionKind.CONFLUENCE_ADD_COMMENT,
        ActionKind.GITHUB_ADD_COMMENT,
        ActionKind.GITHUB_UPDATE_COMMENT,
        ActionKind.JIRA_ADD_COMMENT,
        ActionKind.JIRA_ADD_INTERNAL_COMMENT,
        ActionKind.JIRA_REPLY_TO_CUSTOMER,
        ActionKind.JIRA_UPDATE_COMMENT,
        ActionKind.DISCORD_POST_MESSAGE,
        ActionKind.DISCORD_EDIT_REPLY,
        ActionKind.DISCORD_FOLLOW_UP,
        ActionKind.DISCORD_SEND_DIRECT_MESSAGE,
        ActionKind.SLACK_POST_MESSAGE,
        ActionKind.SLACK_UPDATE_MESSAGE,
        ActionKind.SLACK_POST_EPHEMERAL,
        ActionKind.SLACK_SEND_DIRECT_MESSAGE,
        ActionKind.SLACK_ADD_REACTION,
        ActionKind.SLACK_REMOVE_REACTION,
    }
)


class Mode(StrEnum):
    """What happens to an action: recorded only, waits for a person, or sent at once."""

    SIMULATE = "simulate"
    APPROVE = "approve"
    AUTO = "auto"


class ActionState(StrEnum):
    """Where an action stands; `unknown` means only a person can tell whether it happened."""

    PROPOSED = "proposed"
    SIMULATED = "simulated"
    WAITING = "waiting"
    APPROVED = "approved"
    EXECUTING = "executing"
    EXECUTED = "executed"
    FAILED = "failed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ProposedAction:
    """A side effect nobody has allowed yet.

    Shape: `target` is the vendor's stable name of the thing changed (a work item key, the project's
    for a new work item); `params`
    says what to do, by kind (see `docs/reference/actions.md`); `base` is the state the proposal
    was made on, re-checked before sending; `preview` is the exact text people judge.
    """

    kind: ActionKind
    connection_id: ConnectionId
    project: ProjectKey
    target: str
    params: JSONObject
    base: JSONObject
    preview: str


@dataclass(frozen=True, slots=True)
class ApprovedAction:
    """Permission to perform one exact action once, now; never stored, copied or returned."""

    action_id: ActionId
    organization_id: OrganizationId
    effect_id: EffectId
    kind: ActionKind
    connection_id: ConnectionId
    project: ProjectKey
    target: str
    params: JSONObject
    base: JSONObject
    digest: str
    approval_id: ApprovalId | None


@dataclass(frozen=True, slots=True)
class Done:
    """The vendor holds the effect; `external_id` and `url` say where."""

    external_id: str
    url: str
    detail: JSONObject = field(default_factory=dict)
    status: Literal["done"] = "done"


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """The vendor surely did not do it; asking again after `after_s` seconds may succeed.

    Shape: `is_sign_in_refused` says that the vendor does not take the token any more.
    """

    after_s: float
    reason: str
    status: Literal["retry_after"] = "retry_after"
    is_sign_in_refused: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The vendor, or the state the action was based on, says no; asking again is useless."""

    reason: str
    detail: str = ""
    status: Literal["rejected"] = "rejected"


@dataclass(frozen=True, slots=True)
class Faulty:
    """Our own mistake; a person is told. `external_id` names what came of it, if anything did."""

    reason: str
    detail: str = ""
    external_id: str = ""
    url: str = ""
    status: Literal["fault"] = "fault"


@dataclass(frozen=True, slots=True)
class Undecided:
    """The request may have landed; it has to be looked up after `settle_s` seconds."""

    reason: str
    settle_s: float
    status: Literal["unknown"] = "unknown"


ActionResult: TypeAlias = Done | RetryAfter | Refused | Faulty | Undecided
