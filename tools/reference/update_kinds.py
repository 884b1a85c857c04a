"""What updates of comments carry where all words of a comment are one text."""

from collections.abc import Mapping
from typing import Final

from chargehand.domain.action import ActionKind
from chargehand.plugins.update_fields import UpdateBase, UpdateParams
from tools.reference.kinds import Kind

_ONLY_AS_LONG_AS: Final = (
    "only as long as nobody edited it and nothing but questions to the bot stands below it."
)
UPDATE_KINDS: Final[Mapping[ActionKind, Kind]] = {
    ActionKind.BITBUCKET_UPDATE_COMMENT: Kind(
        "Words chargehand's own last comment in a thread of the pull request `target` anew; "
        + _ONLY_AS_LONG_AS,
        UpdateParams,
        UpdateBase,
    ),
    ActionKind.GITHUB_UPDATE_COMMENT: Kind(
        "Words chargehand's own last comment in a conversation on the issue or pull request "
        "`target` anew; " + _ONLY_AS_LONG_AS,
        UpdateParams,
        UpdateBase,
    ),
}
WORDS_OF: Final = "Where words are put back: the action whose words they were; `null` for new ones."
UPDATE_MEANINGS: Final[Mapping[tuple[type[object], str], str]] = {
    (UpdateParams, "markdown"): "The words, as Markdown; up to 30,000 characters.",
    (UpdateParams, "comment_id"): "The comment: on GitHub such as `issue-991` or `review-17`, on "
    "Bitbucket its number.",
    (UpdateBase, "action_id"): "The action whose words it has.",
    (UpdateBase, "before"): "Its words before: `markdown`.",
    (UpdateBase, "asks"): "Comments below it that asked the bot, which may stand there.",
    (UpdateBase, "in_reply_to"): "The comment its conversation hangs on, or `null`.",
    (UpdateBase, "words_of"): WORDS_OF,
}
