"""The exact text people judge before a Jira action is allowed.

Whatever will be sent is in it, and hidden characters are named, so that approving the preview is
approving the action. What Jira would refuse for its form is refused here, before anyone is asked.
"""

from collections.abc import Callable, Mapping
from typing import Final, assert_never

from chargehand.connectors.jira.change_params import (
    read_create_base,
    read_create_params,
    read_delete_comment_base,
    read_delete_comment_params,
    read_fields_base,
    read_fields_params,
    read_link_base,
    read_link_params,
)
from chargehand.connectors.jira.fields import FieldValue
from chargehand.connectors.jira.params import (
    NAME_LIMIT_CHARS,
    CommentParams,
    CommentVisibility,
    VisibilityParam,
    read_assign_base,
    read_assign_params,
    read_comment_base,
    read_comment_params,
    read_labels_base,
    read_labels_params,
    read_service_comment_params,
    read_transition_base,
    read_transition_params,
)
from chargehand.connectors.jira.render import (
    render_comment,
    render_description,
    render_service_comment,
    render_wiki_comment,
    render_wiki_description,
)
from chargehand.connectors.jira.undo import inverse_of, undo_line
from chargehand.connectors.jira.update_params import (
    read_update_comment_base,
    read_update_comment_params,
)
from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.kit.visible import show_line, show_text
from chargehand.plugins.connector import DoneAction, NoWayBack

_COMMENTS: Final = frozenset(
    {
        ActionKind.JIRA_ADD_COMMENT,
        ActionKind.JIRA_ADD_INTERNAL_COMMENT,
        ActionKind.JIRA_REPLY_TO_CUSTOMER,
        ActionKind.JIRA_UPDATE_COMMENT,
    }
)


class JiraPreviewer:
    """Renders every Jira action kind as text; keeps `plugins.connector.ActionPreviewer`."""

    def preview(self, action: ProposedAction) -> str:
        """The action in words, complete.

        Raises: ParamInvalid, ParamUnknown, CommentTooLong, all Rejected.
        """
        return _PREVIEWS[action.kind](action)

    def inverse(self, done: DoneAction) -> ProposedAction | NoWayBack:
        """The action that undoes another, without a preview, or why there is none."""
        return inverse_of(done)


class DataCenterPreviewer(JiraPreviewer):
    """The same for Data Center, which measures texts in wiki markup."""

    def preview(self, action: ProposedAction) -> str:
        """The action in words, complete.

        Raises: ParamInvalid, ParamUnknown, CommentTooLong, all Rejected.
        """
        shown = super().preview(action)
        if action.kind in _COMMENTS:
            params = _comment_params(action)
            # The longest name a mention may hold; the real one is known only when it is sent.
            render_wiki_comment(params, user_name="n" * NAME_LIMIT_CHARS)
        elif action.kind is ActionKind.JIRA_CREATE_ISSUE:
            render_wiki_description(read_create_params(action.params).description)
        return shown


def _comment_params(action: ProposedAction) -> CommentParams:
    if action.kind is ActionKind.JIRA_UPDATE_COMMENT:
        return read_update_comment_params(action.params)
    return read_comment_params(action.params)


def _preview_update(action: ProposedAction) -> str:
    params = read_update_comment_params(action.params)
    before = read_update_comment_base(action.params, action.base).before
    render_comment(params)
    heading = (
        f"Update comment {params.comment_id} on {show_line(action.target)}, "
        f"visible to {_readers(params.visibility)}"
    )
    new = _comment_text(heading, params, undo_line(action))
    return "\n\n".join((new, "Instead of:", *_words(before)))


def _preview_comment(action: ProposedAction) -> str:
    params = read_comment_params(action.params)
    read_comment_base(action.base)
    render_comment(params)
    readers = _readers(params.visibility)
    heading = f"Comment on {show_line(action.target)}, visible to {readers}"
    return _comment_text(heading, params, undo_line(action))


def _preview_service_comment(action: ProposedAction) -> str:
    params = read_service_comment_params(action.params)
    read_comment_base(action.base)
    render_service_comment(params)
    target = show_line(action.target)
    if action.kind is ActionKind.JIRA_REPLY_TO_CUSTOMER:
        heading = f"Reply on {target}, which the customer will read"
    else:
        heading = f"Internal comment on {target}, hidden from the customer"
    return _comment_text(heading, params, undo_line(action))


def _comment_text(heading: str, params: CommentParams, undo: str) -> str:
    # The line on undoing stands above the words, where no word can pass for it.
    return "\n\n".join((f"{heading}\nnotifies: {_notified(params)}\n{undo}", *_words(params)))


def _words(params: CommentParams) -> list[str]:
    parts = [show_text(params.markdown)]
    if params.more:
        parts.append(f"Under the fold {_quote(params.more_title)}:")
        parts.append(show_text(params.more))
    return parts


def _readers(visibility: VisibilityParam) -> str:
    identifier = f" (id {show_line(visibility.identifier)})" if visibility.identifier else ""
    match visibility.kind:
        case CommentVisibility.EVERYONE:
            return "everyone who can see the work item"
        case CommentVisibility.ROLE:
            return f"role {show_line(visibility.value)}{identifier} only"
        case CommentVisibility.GROUP:
            return f"group {show_line(visibility.value)}{identifier} only"
        case _:
            assert_never(visibility.kind)


def _notified(params: CommentParams) -> str:
    if params.mention is None:
        return "nobody by mention"
    return f"{show_line(params.mention.name)} (account {params.mention.account_id})"


def _preview_transition(action: ProposedAction) -> str:
    params = read_transition_params(action.params)
    base = read_transition_base(action.base)
    move = f"from {_quote(base.status)} to {_quote(params.to_status)}"
    target, undo = show_line(action.target), undo_line(action)
    if params.transition_id is None:
        return f"Move {target} {move}, by the one transition that leads there then\n{undo}"
    name = _quote(params.transition_name)
    return (
        f"Move {target} {move} (transition {name})\ntransition id: {params.transition_id}\n{undo}"
    )


def _preview_assignment(action: ProposedAction) -> str:
    params = read_assign_params(action.params)
    base = read_assign_base(action.base)
    target = show_line(action.target)
    now = "nobody" if base.assignee is None else show_line(base.name or f"account {base.assignee}")
    if params.account_id is None:
        return f"Assign {target} to nobody (now: {now})\n{undo_line(action)}"
    return (
        f"Assign {target} to {show_line(params.name)} (now: {now})\n"
        f"account: {params.account_id}\n{undo_line(action)}"
    )


def _preview_labels(action: ProposedAction) -> str:
    params = read_labels_params(action.params)
    read_labels_base(action.base)
    labels = ", ".join(_show_label(label) for label in params.labels)
    return f"Add labels to {show_line(action.target)}: {labels}\n{undo_line(action)}"


def _preview_label_removal(action: ProposedAction) -> str:
    params = read_labels_params(action.params)
    read_labels_base(action.base)
    labels = ", ".join(_show_label(label) for label in params.labels)
    return f"Remove labels from {show_line(action.target)}: {labels}\n{undo_line(action)}"


def _preview_comment_removal(action: ProposedAction) -> str:
    params = read_delete_comment_params(action.params)
    base = read_delete_comment_base(action.base)
    return (
        f"Delete comment {params.comment_id} from {show_line(action.target)}\n"
        f"made by: {show_line(base.action_id)}\n{undo_line(action)}"
    )


def _preview_unlinking(action: ProposedAction) -> str:
    params = read_link_params(action.params)
    read_link_base(action.base)
    target, other = show_line(action.target), show_line(params.to)
    return (
        f"Remove the link between {target} and {other}: "
        f"{target} {show_line(params.relation)} {other}\n"
        f"type of link: {_quote(params.link_type)}\n{undo_line(action)}"
    )


def _preview_link(action: ProposedAction) -> str:
    params, base = read_link_params(action.params), read_link_base(action.base)
    target, other = show_line(action.target), show_line(params.to)
    present = ", ".join(show_line(one) for one in base.relations) or "none"
    return (
        f"Link {target} to {other}: {target} {show_line(params.relation)} {other}\n"
        f"links between the two now: {present}\n"
        f"type of link: {_quote(params.link_type)}, {target} at its {params.direction} end\n"
        f"{undo_line(action)}"
    )


def _preview_fields(action: ProposedAction) -> str:
    params = read_fields_params(action.params)
    base = read_fields_base(action.base, params)
    lines = [
        f"{name.replace('_', ' ')}: {_show_value(value)} (now: {_show_value(base.fields[name])})"
        for name, value in params.fields.items()
    ]
    return "\n".join([f"Set on {show_line(action.target)}:", *lines, undo_line(action)])


def _preview_creation(action: ProposedAction) -> str:
    params = read_create_params(action.params)
    read_create_base(action.base)
    heading = (
        f"Create a {show_line(params.issue_type)} in {show_line(action.target)}, visible to "
        f"everyone who can see the project\ntitle: {_quote(params.summary)}"
        f"\n{undo_line(action)}"
    )
    if not params.description.strip():
        return heading
    render_description(params.description)
    return f"{heading}\n\n{show_text(params.description)}"


def _show_value(value: FieldValue) -> str:
    if isinstance(value, tuple):
        return ", ".join(_quote(one) for one in value) or "nothing"
    return "nothing" if value is None else _quote(value)


def _show_label(label: str) -> str:
    # A comma inside a label would look like two labels.
    return _quote(label) if "," in label else show_line(label)


def _quote(name: str) -> str:
    return f'"{show_line(name)}"'


_PREVIEWS: Final[Mapping[ActionKind, Callable[[ProposedAction], str]]] = {
    ActionKind.JIRA_ADD_COMMENT: _preview_comment,
    ActionKind.JIRA_ADD_INTERNAL_COMMENT: _preview_service_comment,
    ActionKind.JIRA_REPLY_TO_CUSTOMER: _preview_service_comment,
    ActionKind.JIRA_TRANSITION_ISSUE: _preview_transition,
    ActionKind.JIRA_ASSIGN_ISSUE: _preview_assignment,
    ActionKind.JIRA_ADD_LABELS: _preview_labels,
    ActionKind.JIRA_LINK_ISSUES: _preview_link,
    ActionKind.JIRA_UPDATE_FIELDS: _preview_fields,
    ActionKind.JIRA_CREATE_ISSUE: _preview_creation,
    ActionKind.JIRA_UPDATE_COMMENT: _preview_update,
    ActionKind.JIRA_DELETE_COMMENT: _preview_comment_removal,
    ActionKind.JIRA_REMOVE_LABELS: _preview_label_removal,
    ActionKind.JIRA_UNLINK_ISSUES: _preview_unlinking,
}
