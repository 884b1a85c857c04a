"""Slack's blocks, read as a person sees them; unknown ones are read for their words.

Source: docs.slack.dev/reference/block-kit/blocks/rich-text-block (read 2026-11)
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from chargehand.connectors.slack.text.mrkdwn import add_mrkdwn
from chargehand.domain.text import LineKind
from chargehand.kit.hidden import one_line, without_hidden
from chargehand.kit.tolerant import Fields, fields_in, list_in, text_in
from chargehand.plugins.reading import MAX_ACCOUNT_ID_CHARS, LineCollector, Reading

MOST_BLOCKS: Final = 200
_MOST_ELEMENTS: Final = 10_000
_LONGEST_LABEL: Final = 3_000


def read_blocks(blocks: object) -> Reading:
    """The lines of a message's blocks; none when there are no words in them."""
    collector = LineCollector()
    for block in blocks[:MOST_BLOCKS] if isinstance(blocks, list) else ():
        if isinstance(block, Mapping):
            _add_block(block, collector)
    return collector.reading()


def _add_block(block: Fields, collector: LineCollector) -> None:
    match block.get("type"):
        case "rich_text":
            for element in _objects_in(block, "elements"):
                _add_element(element, collector)
        case "section" | "header":
            _add_text_object(fields_in(block, "text"), collector)
            for field in _objects_in(block, "fields"):
                _add_text_object(field, collector)
        case "context":
            for element in _objects_in(block, "elements"):
                _add_text_object(element, collector)
        case "markdown":
            _add_plain(block.get("text"), collector)
            collector.end_line(LineKind.BODY)
        case _:
            pass


def _objects_in(fields: Fields, name: str) -> Iterator[Fields]:
    for one in list_in(fields, name)[:_MOST_ELEMENTS]:
        if isinstance(one, Mapping):
            yield one


def _add_element(element: Fields, collector: LineCollector) -> None:
    match element.get("type"):
        case "rich_text_quote":
            _add_inlines(element, collector, LineKind.QUOTE)
        case "rich_text_preformatted":
            _add_inlines(element, collector, LineKind.CODE)
        case "rich_text_list":
            # A list inside a quote is told by its border.
            kind = LineKind.QUOTE if element.get("border") else LineKind.BODY
            for item in _objects_in(element, "elements"):
                _add_inlines(item, collector, kind)
        case _:
            _add_inlines(element, collector, LineKind.BODY)


def _add_inlines(element: Fields, collector: LineCollector, kind: LineKind) -> None:
    for inline in _objects_in(element, "elements"):
        _add_inline(inline, collector, kind)
    collector.end_line(kind)


def _add_inline(inline: Fields, collector: LineCollector, kind: LineKind) -> None:
    name = inline.get("type")
    if name == "user":
        account = text_in(inline, "user_id", MAX_ACCOUNT_ID_CHARS)
        if account and kind is not LineKind.CODE:
            collector.add_mention(account, f"@{account}")
        else:
            collector.add(f"@{account}")
    elif isinstance(name, str) and name in _LABELS:
        collector.add(_LABELS[name](inline))
    else:
        is_struck = fields_in(inline, "style").get("strike") is True
        _add_plain(inline.get("text"), collector, kind=kind, is_struck=is_struck)


def _add_plain(
    text: object,
    collector: LineCollector,
    *,
    kind: LineKind = LineKind.BODY,
    is_struck: bool = False,
) -> None:
    if not isinstance(text, str):
        return
    add = collector.add_struck if is_struck else collector.add
    first, *rest = without_hidden(text).split("\n")
    add(first)
    for line in rest:
        collector.end_line(kind)
        add(line)


def _add_text_object(fields: Fields, collector: LineCollector) -> None:
    text = fields.get("text")
    if isinstance(text, str) and fields.get("type") == "mrkdwn":
        add_mrkdwn(text, collector)
    elif isinstance(text, str) and fields.get("type") == "plain_text":
        _add_plain(text, collector)
        collector.end_line(LineKind.BODY)


def _label(inline: Fields, *names: str) -> str:
    found = (inline.get(name) for name in names)
    texts = (one_line(text, _LONGEST_LABEL) for text in found if isinstance(text, str))
    return next(filter(None, texts), "")


_LABELS: Final[Mapping[str, Callable[[Fields], str]]] = {
    "broadcast": lambda inline: f"@{_label(inline, 'range')}",
    "channel": lambda inline: f"#{_label(inline, 'channel_id')}",
    "color": lambda inline: _label(inline, "value"),
    "date": lambda inline: _label(inline, "fallback"),
    "emoji": lambda inline: f":{_label(inline, 'name')}:",
    "link": lambda inline: _label(inline, "text", "url"),
    "usergroup": lambda inline: f"@{_label(inline, 'usergroup_id')}",
}
