"""Our Markdown as Confluence's storage format, for comments and for parts of pages.

Rejected
└── TextTooLong    see plugins/markdown_writing.py; nothing is ever cut to fit
"""

from typing import Final

from chargehand.connectors.confluence.params import CommentParams
from chargehand.connectors.confluence.storage_writer import storage_of
from chargehand.plugins.markdown_reading import blocks_of
from chargehand.plugins.markdown_writing import refuse_too_long
from chargehand.plugins.text_blocks import Block, BlockKind, Mention, Text, paragraph

# Atlassian names no limit of a comment; what a person would still read lies far below this one.
COMMENT_LIMIT_CHARS: Final = 131_072
PAGE_LIMIT_CHARS: Final = 1_000_000
CLOUD_ACCOUNT: Final = "account-id"
SERVER_ACCOUNT: Final = "userkey"


def render_comment(params: CommentParams, *, account: str = CLOUD_ACCOUNT) -> str:
    """The storage format of a comment, the mention before its first words.

    Shape: `account` is what the dialect calls an account's id.
    Raises: TextTooLong.
    """
    blocks = list(blocks_of(params.markdown))
    if params.mention is not None:
        mention = Mention(f"{account}={params.mention.account_id}", params.mention.name)
        blocks = _begin_with(mention, blocks)
    text = storage_of(blocks)
    return refuse_too_long(text, surface="Confluence", limit_chars=COMMENT_LIMIT_CHARS)


def render_page(markdown: str) -> str:
    """The storage format of a page, or of a part of one.

    Raises: TextTooLong.
    """
    text = storage_of(blocks_of(markdown))
    return refuse_too_long(text, surface="Confluence", limit_chars=PAGE_LIMIT_CHARS)


def _begin_with(mention: Mention, blocks: list[Block]) -> list[Block]:
    if blocks and blocks[0].kind is BlockKind.PARAGRAPH:
        return [paragraph((mention, Text(" "), *blocks[0].inlines)), *blocks[1:]]
    return [paragraph([mention]), *blocks]
