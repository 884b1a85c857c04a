"""Bodies of comments, issues and reviews, with the mark that tells that they are ours."""

import re
from collections.abc import Sequence
from typing import Final

from chargehand.plugins.markdown_dialects import github_markdown

_ID: Final = "[A-Za-z0-9_-]{1,64}"
_MARK: Final = re.compile(rf"<!-- chargehand (?P<actions>{_ID}(?: {_ID}){{0,99}}) -->\s*\Z")


def render_body(markdown: str, *, action_id: str, before: Sequence[str] = ()) -> str:
    """A text as GitHub's Markdown, with the hidden mark of its action below it.

    Shape: `before` are other actions that worded it, whose marks it keeps.
    Raises: TextTooLong.
    """
    mark = f"\n\n{mark_of(action_id, *before)}"
    return github_markdown(markdown, spare_chars=len(mark)) + mark


def mark_of(action_id: str, *before: str) -> str:
    """The comment in HTML that names an action, and those before; GitHub shows it to nobody."""
    return f"<!-- chargehand {' '.join((action_id, *before))} -->"


def action_in(body: str | None) -> str | None:
    """The action whose words a body has, by the mark at its end; None where there is none."""
    actions = actions_in(body)
    return actions[0] if actions else None


def actions_in(body: str | None) -> tuple[str, ...]:
    """Every action that worded a body, by the mark at its end, first the one that does now."""
    found = _MARK.search(body or "")
    return tuple(found["actions"].split(" ")) if found else ()


def words_in(body: str | None) -> str:
    """The words of a body without its mark, as they are compared."""
    return _MARK.sub("", body or "").replace("\r\n", "\n").strip()
