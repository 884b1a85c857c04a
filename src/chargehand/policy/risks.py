"""How much each kind of action can break; a new kind is a new line here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chargehand.domain.action import ActionKind
from chargehand.domain.policy import Risk

# What was told to people or started machines: an undo can not unsee or unrun it.
_HARD_TO_UNDO: Final = frozenset(
    {
        ActionKind.BITBUCKET_RUN_PIPELINE,
        ActionKind.BITBUCKET_STOP_PIPELINE,
        ActionKind.CONFLUENCE_DELETE_COMMENT,
        ActionKind.GITHUB_CANCEL_WORKFLOW,
        ActionKind.GITHUB_DISPATCH_WORKFLOW,
        ActionKind.GITHUB_RERUN_WORKFLOW,
        ActionKind.BITBUCKET_DELETE_COMMENT,
        ActionKind.DISCORD_DELETE_MESSAGE,
        ActionKind.DISCORD_SEND_DIRECT_MESSAGE,
        ActionKind.GITHUB_DELETE_COMMENT,
        ActionKind.JIRA_CREATE_ISSUE,
        ActionKind.JIRA_DELETE_COMMENT,
        ActionKind.JIRA_REPLY_TO_CUSTOMER,
        ActionKind.GITHUB_CREATE_ISSUE,
        ActionKind.SLACK_DELETE_MESSAGE,
        ActionKind.SLACK_SEND_DIRECT_MESSAGE,
    }
)
# What nobody but its reader ever sees, and what is over with the moment.
_CHANGES_NOTHING: Final = frozenset({ActionKind.SLACK_OPEN_MODAL, ActionKind.SLACK_POST_EPHEMERAL})


def _risk(kind: ActionKind) -> Risk:
    if kind in _HARD_TO_UNDO:
        return Risk.HARD_TO_UNDO
    return Risk.READ if kind in _CHANGES_NOTHING else Risk.REVERSIBLE


RISK_OF: Final[Mapping[ActionKind, Risk]] = MappingProxyType(
    {kind: _risk(kind) for kind in ActionKind}
)
