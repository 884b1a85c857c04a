"""Blocks of text as the JSON of the Atlassian Document Format."""

from collections.abc import Iterable, Iterator

from chargehand.domain.json import JSONObject, JSONValue
from chargehand.plugins.text_blocks import Block, BlockKind, Break, Inline, Mention, Style, Text


def document(blocks: Iterable[Block]) -> dict[str, JSONValue]:
    """The ADF document of these blocks, as JSON."""
    return {"type": "doc", "version": 1, "content": [_block_json(block) for block in blocks]}


def _block_json(block: Block) -> JSONObject:
    node: dict[str, JSONValue] = {"type": block.kind.value}
    if block.attrs:
        node["attrs"] = dict(block.attrs)
    if block.kind is not BlockKind.RULE:
        node["content"] = [
            _block_json(inner) if isinstance(inner, Block) else _inline_json(inner)
            for inner in block.content
        ]
    return node


def _inline_json(inline: Inline) -> JSONObject:
    if isinstance(inline, Break):
        return {"type": "hardBreak"}
    if isinstance(inline, Mention):
        attrs = {"id": inline.account_id, "text": f"@{inline.name}"}
        return {"type": "mention", "attrs": attrs}
    marks = list(_marks_json(inline))
    node: dict[str, JSONValue] = {"type": "text", "text": inline.text}
    if marks:
        node["marks"] = marks
    return node


def _marks_json(text: Text) -> Iterator[JSONObject]:
    if text.link is not None:
        attrs = {"href": text.link.href}
        if text.link.title:
            attrs["title"] = text.link.title
        yield {"type": "link", "attrs": attrs}
    yield from ({"type": style.value} for style in Style if style in text.styles)
