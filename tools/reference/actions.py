"""What each kind of action carries, and the steps an action can take, made from the code."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Final

from chargehand.connectors.jira import change_params, params, update_params
from chargehand.domain.action import ActionKind, ActionState
from chargehand.domain.diff import DIFF, ON_PULL_REQUESTS
from chargehand.pipeline.flow import MOVES
from tools.reference import discord_actions
from tools.reference.bitbucket_actions import BITBUCKET_KINDS, BITBUCKET_MEANINGS
from tools.reference.confluence_actions import CONFLUENCE_KINDS, CONFLUENCE_MEANINGS
from tools.reference.github_actions import GITHUB_KINDS, GITHUB_MEANINGS
from tools.reference.kinds import Kind
from tools.reference.markdown import page, table
from tools.reference.slack_actions import SLACK_KINDS, SLACK_MEANINGS
from tools.reference.update_kinds import UPDATE_KINDS, UPDATE_MEANINGS, WORDS_OF

_INTRO = """\
What the kinds of actions carry and which states an action goes through.
`params` say what to do, `base` is the state the proposal was made on; both are part of the digest \
that an [approval](../explanation/gate.md) is bound to, and an action whose base has changed is \
not sent.
`target` is the key of the work item, or of the project for a new one; in a chat the channel, the \
message or the person, as each kind says."""
_STATES_INTRO = """\
Every step of an action is checked against this table; any other step is refused as a fault.
[Effects](../explanation/effects.md) explains the states on the way out."""


_KINDS: Final[Mapping[ActionKind, Kind]] = {
    **BITBUCKET_KINDS,
    **GITHUB_KINDS,
    **SLACK_KINDS,
    ActionKind.JIRA_ADD_COMMENT: Kind(
        "Adds a comment, restricted as `visibility` says.",
        params.CommentParams,
        params.CommentBase,
    ),
    ActionKind.JIRA_ADD_INTERNAL_COMMENT: Kind(
        "Adds an internal comment in a service project; `visibility.kind` is always `everyone`, "
        "because the kind itself hides it from the customer.",
        params.CommentParams,
        params.CommentBase,
    ),
    ActionKind.JIRA_REPLY_TO_CUSTOMER: Kind(
        "Adds a comment that the customer of a service project reads; sent without a person's "
        "approval only where a rule names this very kind.",
        params.CommentParams,
        params.CommentBase,
    ),
    ActionKind.JIRA_TRANSITION_ISSUE: Kind(
        "Moves a work item to another status.", params.TransitionParams, params.TransitionBase
    ),
    ActionKind.JIRA_ASSIGN_ISSUE: Kind(
        "Gives a work item to one person, or to nobody.", params.AssignParams, params.AssignBase
    ),
    ActionKind.JIRA_ADD_LABELS: Kind(
        "Adds labels; those that are there stay.", params.LabelsParams, params.LabelsBase
    ),
    ActionKind.JIRA_LINK_ISSUES: Kind(
        "Links a work item to another one of its project.",
        change_params.LinkParams,
        change_params.LinkBase,
    ),
    ActionKind.JIRA_UPDATE_FIELDS: Kind(
        "Sets fields; which ones may be set is in the connection's `editable_fields`.",
        change_params.FieldsParams,
        change_params.FieldsBase,
    ),
    ActionKind.JIRA_CREATE_ISSUE: Kind(
        "Creates a work item in a project; it carries the action's id as the property "
        "`chargehand.action`.",
        change_params.CreateParams,
        change_params.CreateBase,
    ),
    ActionKind.JIRA_UPDATE_COMMENT: Kind(
        "Words chargehand's own last comment on a work item anew, for the readers it has; only as "
        "long as nobody edited it and nothing but questions to the bot stands below it.",
        update_params.UpdateCommentParams,
        update_params.UpdateCommentBase,
    ),
    ActionKind.JIRA_DELETE_COMMENT: Kind(
        "Deletes a comment of chargehand's own, to undo it; not once somebody edited it or wrote "
        "below it.",
        change_params.DeleteCommentParams,
        change_params.DeleteCommentBase,
    ),
    ActionKind.JIRA_REMOVE_LABELS: Kind(
        "Removes labels, to undo their adding; those that are gone already stay so.",
        params.LabelsParams,
        params.LabelsBase,
    ),
    ActionKind.JIRA_UNLINK_ISSUES: Kind(
        "Removes a link, to undo it.", change_params.LinkParams, change_params.LinkBase
    ),
    **discord_actions.KINDS,
    **CONFLUENCE_KINDS,
    **UPDATE_KINDS,
}
_OF_COMMENTS: Final[Mapping[str, str]] = {
    "markdown": "The words, as Markdown; up to 30,000 characters.",
    "visibility": "`kind` is `everyone`, `role` or `group`; a role or group has its name in "
    "`value` and its stable id, where known, in `identifier`. Must be given.",
    "more": "What stands under the fold, as Markdown; empty for none.",
    "more_title": "The fold's title; needed when there is one.",
    "mention": "`account_id` and `name` of the one person notified, or `null`.",
}
_OF_QUESTIONS: Final[Mapping[str, str]] = {
    "comment_id": "Jira's id of the question; once it is deleted, or other people read it, the "
    "answer is not sent.",
    "asked_at_ms": "When it was asked, in milliseconds since 1970.",
    "named": "The other work items it tells of, if any; once one of them may not be read by "
    "everybody in the project, the answer is not sent.",
}
_MEANINGS: Final[Mapping[tuple[type[object], str], str]] = {
    **BITBUCKET_MEANINGS,
    **SLACK_MEANINGS,
    **{(params.CommentParams, name): text for name, text in _OF_COMMENTS.items()},
    **{(update_params.UpdateCommentParams, name): text for name, text in _OF_COMMENTS.items()},
    **{(params.CommentBase, name): text for name, text in _OF_QUESTIONS.items()},
    **{(update_params.UpdateCommentBase, name): text for name, text in _OF_QUESTIONS.items()},
    (update_params.UpdateCommentParams, "comment_id"): "Jira's id of the comment.",
    (update_params.UpdateCommentBase, "action_id"): "The action whose mark it must carry.",
    (update_params.UpdateCommentBase, "before"): "Its words before: `markdown`, `more`, "
    "`more_title` and `mention`.",
    (update_params.UpdateCommentBase, "asks"): "Comments that asked the bot, which may stand "
    "below it.",
    (update_params.UpdateCommentBase, "words_of"): WORDS_OF,
    (params.TransitionParams, "transition_id"): "Jira's id of the move; `null` in an "
    "undo is the one move that leads to the status when it is sent.",
    (params.TransitionParams, "transition_name"): "Its name, for people.",
    (params.TransitionParams, "to_status"): "The status it leads to.",
    (params.TransitionBase, "status"): "The status it starts from.",
    (params.AssignParams, "account_id"): "The new assignee, `null` for nobody.",
    (params.AssignParams, "name"): "Their name, for people; empty for nobody.",
    (params.AssignBase, "assignee"): "The assignee before, `null` for nobody.",
    (params.AssignBase, "name"): "Their name, for people; empty for nobody.",
    (params.LabelsParams, "labels"): "1 to 50 labels, each once, without spaces.",
    (params.LabelsBase, "labels"): "The labels before.",
    (change_params.LinkParams, "to"): "The key of the other work item.",
    (change_params.LinkParams, "relation"): "How the target will stand to it, in Jira's words.",
    (change_params.LinkParams, "link_type"): "Jira's name of the kind of link.",
    (change_params.LinkParams, "direction"): "`outward` or `inward`: which end the target is.",
    (change_params.LinkBase, "relations"): "How the two stood to each other by links before, in "
    "Jira's words.",
    (change_params.FieldsParams, "fields"): "The new values by field: `summary`, `priority` and "
    "`due` (`YYYY-MM-DD`, `null` for none) are texts, `components` and `fix_versions` lists of "
    "names.",
    (change_params.DeleteCommentParams, "comment_id"): "Jira's id of the comment.",
    (change_params.DeleteCommentBase, "action_id"): "The action whose mark it must carry.",
    (change_params.DeleteCommentBase, "asks"): "Comments that asked the bot, which may stand below "
    "it.",
    (change_params.CreateParams, "issue_type_id"): "Jira's id of the type.",
    (change_params.CreateParams, "issue_type"): "Its name, for people.",
    (change_params.CreateParams, "summary"): "The title, one line of up to 255 characters.",
    (change_params.CreateParams, "description"): "The description, as Markdown; empty for none.",
    (change_params.CreateBase, "project_id"): "Jira's id of the project the key named; a key can "
    "be given to another project.",
    (change_params.FieldsBase, "fields"): "The values before, of the same fields.",
    **discord_actions.MEANINGS,
    **CONFLUENCE_MEANINGS,
    **GITHUB_MEANINGS,
    **UPDATE_MEANINGS,
}
_DIFF: Final = (
    "What the pull request changes, where a policy judged it by that: `head` and `target`, "
    "`lines`, `files` and `paths`, each `null` where it is not known, or `unknown` with a reason "
    "alone; see [the policy](../explanation/policy.md#what-a-pull-request-changes). Once "
    "one of the first two is another, nothing is sent that does not take back."
)
_STATE_MEANINGS: Final[Mapping[ActionState, str]] = {
    ActionState.PROPOSED: "Made and not yet given its mode; none is ever stored in this state.",
    ActionState.SIMULATED: "Recorded and never sent, whatever the mode becomes.",
    ActionState.WAITING: "An approval is open.",
    ActionState.APPROVED: "May be sent: by a person's approval or by mode `auto`.",
    ActionState.EXECUTING: "A request may have left; also while another attempt waits.",
    ActionState.EXECUTED: "The vendor holds the effect.",
    ActionState.FAILED: "Not done, and not tried again; the operator was told.",
    ActionState.REJECTED: "A person said no, the ask was taken back, or its base had changed.",
    ActionState.EXPIRED: "Nobody decided in time.",
    ActionState.UNKNOWN: "Only a look there can tell whether it happened; the operator was told.",
}


def actions_page() -> str:
    """Every kind of action with its params and base, and the table of moves."""
    kinds = [_kind_section(kind, _KINDS[kind]) for kind in ActionKind]
    rows = [
        [f"`{state.value}`", _STATE_MEANINGS[state], _next_states(state)] for state in ActionState
    ]
    states = f"## States\n\n{_STATES_INTRO}\n\n" + table(["state", "meaning", "then"], rows)
    return page("Actions", _INTRO, "\n".join([*kinds, states]))


def _kind_section(kind: ActionKind, described: Kind) -> str:
    rows = [
        [where, f"`{field.name}`", _MEANINGS[of, field.name]]
        for where, of in (("params", described.params), ("base", described.base))
        for field in fields(of)  # type: ignore[arg-type] # all of them are dataclasses.
    ]
    if kind in ON_PULL_REQUESTS:
        rows.append(["base", f"`{DIFF}`", _DIFF])
    elif not fields(described.base):  # type: ignore[arg-type] # as above.
        rows.append(["base", "nothing", "It depends on nothing that could change."])
    return f"## `{kind.value}`\n\n{described.does}\n\n" + table(["in", "key", "meaning"], rows)


def _next_states(state: ActionState) -> str:
    after = [f"`{one.value}`" for one in ActionState if one in MOVES[state]]
    return ", ".join(after) or "nothing"
