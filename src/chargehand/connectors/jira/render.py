"""Markdown to what Jira takes: ADF for Cloud's platform API, wiki text and markup for the rest.

Rejected
└── CommentTooLong    Jira caps the text of a comment; nothing is ever cut to fit
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from chargehand.connectors.jira.adf_nodes import document
from chargehand.connectors.jira.params import CommentParams, MentionParam
from chargehand.connectors.jira.wiki_markup import user_mention, wiki_markup
from chargehand.connectors.jira.wiki_text import disarm, mention_markup, wiki_text
from chargehand.domain.errors import Rejected
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.kit.visible import defuse_line
from chargehand.plugins.markdown_reading import blocks_of
from chargehand.plugins.text_blocks import Block, BlockKind, Mention, Text, paragraph

COMMENT_LIMIT_CHARS: Final = 32_767
# What may stand in a mention without ending it or meaning something else.
_MENTIONABLE: Final = re.compile(r"[^\s\[\]|\\{},]{1,255}")


class CommentTooLong(Rejected):
    """A comment or a description longer than Jira stores."""

    code = "comment_too_long"
    template = "The text has {size_chars} characters; Jira takes at most {limit_chars}."


def render_comment(params: CommentParams) -> dict[str, JSONValue]:
    """The ADF document of a comment: mention, answer, and the rest under a fold.

    Raises: CommentTooLong.
    """
    blocks = list(blocks_of(params.markdown))
    if params.mention is not None:
        blocks = _begin_with(_mention_of(params.mention), blocks)
    more = blocks_of(params.more)
    if more:
        title = {"title": defuse_line(params.more_title)}
        blocks.append(Block(BlockKind.EXPAND, more, title))
    rendered = document(blocks)
    _refuse_too_long(adf_size(rendered))
    return rendered


def render_description(markdown: str) -> dict[str, JSONValue]:
    """The ADF document of a description.

    Raises: CommentTooLong.
    """
    rendered = document(list(blocks_of(markdown)))
    _refuse_too_long(adf_size(rendered))
    return rendered


def render_service_comment(params: CommentParams) -> str:
    """The text of a comment for the service-desk API, which knows neither ADF nor folds.

    Raises: CommentTooLong.
    """
    mention = "" if params.mention is None else mention_markup(params.mention.account_id)
    return _render_text(params, wiki_text, mention=mention)


def render_wiki_comment(params: CommentParams, *, user_name: str | None) -> str:
    """The wiki markup of a comment on Data Center: mention, answer, and the rest below its title.

    Shape: `user_name` is the present name of the mentioned user; without one the comment notifies
    nobody and begins with the name people know.
    Raises: CommentTooLong.
    """
    if params.mention is None:
        return _render_text(params, wiki_markup, mention="")
    if user_name is not None and _MENTIONABLE.fullmatch(user_name):
        return _render_text(params, wiki_markup, mention=user_mention(user_name))
    return _render_text(params, wiki_markup, mention=disarm(f"@{defuse_line(params.mention.name)}"))


def render_wiki_description(markdown: str) -> str:
    """The wiki markup of a description on Data Center.

    Raises: CommentTooLong.
    """
    text = wiki_markup(blocks_of(markdown))
    _refuse_too_long(len(text))
    return text


def _render_text(
    params: CommentParams, write: Callable[[Iterable[Block]], str], *, mention: str
) -> str:
    blocks = blocks_of(params.markdown)
    parts = [write(blocks)]
    if mention:
        gap = " " if blocks and blocks[0].kind is BlockKind.PARAGRAPH else "\n\n"
        parts[0] = f"{mention}{gap}{parts[0]}"
    more = write(blocks_of(params.more))
    if more:
        parts += [disarm(defuse_line(params.more_title)), more]
    text = "\n\n".join(parts)
    _refuse_too_long(len(text))
    return text


def adf_size(adf: JSONObject) -> int:
    """How many characters a document counts, rather too many than too few.

    Units: characters of texts, names, titles and link targets, one for each break and block.
    """
    size = 0
    waiting: list[JSONValue] = [adf]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            size += _own_size(node)
            size += sum(_attrs_size(mark) for mark in _sequence(node.get("marks")))
            waiting.extend(_sequence(node.get("content")))
    return size


def _own_size(node: JSONObject) -> int:
    text = node.get("text")
    return (len(text) if isinstance(text, str) else 1) + _attrs_size(node)


def _attrs_size(node: JSONValue) -> int:
    attrs = node.get("attrs") if isinstance(node, Mapping) else None
    if not isinstance(attrs, Mapping):
        return 0
    return sum(len(value) for value in attrs.values() if isinstance(value, str))


def _sequence(value: JSONValue) -> Sequence[JSONValue]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _mention_of(param: MentionParam) -> Mention:
    return Mention(account_id=param.account_id, name=defuse_line(param.name))


def _begin_with(mention: Mention, blocks: Sequence[Block]) -> list[Block]:
    if blocks and blocks[0].kind is BlockKind.PARAGRAPH:
        first = paragraph((mention, Text(" "), *blocks[0].inlines))
        return [first, *blocks[1:]]
    return [paragraph([mention]), *blocks]


def _refuse_too_long(size_chars: int) -> None:
    if size_chars > COMMENT_LIMIT_CHARS:
        raise CommentTooLong(size_chars=size_chars, limit_chars=COMMENT_LIMIT_CHARS)
