"""What Confluence's kinds of actions carry."""

from collections.abc import Mapping
from typing import Final

from chargehand.connectors.confluence import params
from chargehand.domain.action import ActionKind
from tools.reference.kinds import Kind

CONFLUENCE_KINDS: Final[Mapping[ActionKind, Kind]] = {
    ActionKind.CONFLUENCE_ADD_COMMENT: Kind(
        "Comments on the page `target`, or answers a comment there; it carries the action's id as "
        "the property `chargehand.action`.",
        params.CommentParams,
        params.CommentBase,
    ),
    ActionKind.CONFLUENCE_DELETE_COMMENT: Kind(
        "Deletes a comment of chargehand's own from the page `target`, to undo it; not once "
        "somebody answered it.",
        params.DeleteCommentParams,
        params.DeleteCommentBase,
    ),
    ActionKind.CONFLUENCE_CREATE_PAGE: Kind(
        "Makes a page in the space whose key is `target`; a title the space has is refused.",
        params.CreatePageParams,
        params.NoBase,
    ),
    ActionKind.CONFLUENCE_UPDATE_PAGE: Kind(
        "Replaces the words of the page `target`, or of one part of it. What others changed "
        "elsewhere on the page stays; a part somebody changed is asked about again.",
        params.UpdatePageParams,
        params.UpdatePageBase,
    ),
    ActionKind.CONFLUENCE_DELETE_PAGE: Kind(
        "Moves the page `target` of chargehand's own to the trash, to undo it; not once somebody "
        "changed it.",
        params.DeletePageParams,
        params.DeletePageBase,
    ),
}
CONFLUENCE_MEANINGS: Final[Mapping[tuple[type[object], str], str]] = {
    (params.CommentParams, "markdown"): "The words, as Markdown; up to 30,000 characters.",
    (params.CommentParams, "in_reply_to"): "The comment it answers, below the page or beside a "
    "part of it; `null` for none.",
    (params.CommentParams, "mention"): "`account_id` and `name` of the one person notified, or "
    "`null`.",
    (params.CommentBase, "comment_id"): "The question; once it is deleted, nothing is sent.",
    (params.DeleteCommentParams, "comment_id"): "Confluence's id of the comment.",
    (params.DeleteCommentBase, "action_id"): "The action whose mark it must carry.",
    (params.CreatePageParams, "title"): "The title, one line of up to 255 characters.",
    (params.CreatePageParams, "markdown"): "The words, as Markdown; up to 200,000 characters.",
    (params.CreatePageParams, "parent_id"): "The page it stands below; `null` for the home page.",
    (params.UpdatePageParams, "markdown"): "The new words, as Markdown.",
    (params.UpdatePageParams, "heading"): "The heading whose part is replaced, up to the next one "
    "of its rank; empty for the whole page.",
    (params.UpdatePageParams, "storage"): "Confluence's own format instead of `markdown`, as an "
    "undo has it.",
    (params.UpdatePageBase, "version"): "The version that was read.",
    (params.UpdatePageBase, "digest"): "The SHA-256 of the part as it was.",
    (params.UpdatePageBase, "storage"): "The part as it was, for the undo; `null` for none.",
    (params.DeletePageParams, "title"): "The title of the page, for people.",
    (params.DeletePageBase, "action_id"): "The action whose mark the page must carry.",
    (params.DeletePageBase, "version"): "The version it must be at still.",
}
