"""Bodies of comments, issues and reviews, with the mark that tells that they are ours."""

import re
from typing import Final

from chargehand.plugins.markdown_dialects import github_markdown

_MARK: Final = re.compile(r"<!-- chargehand (?P<action>[A-Za-z0-9_-]{1,64}) -->\s*\Z")


def render_body(markdown: str, *, action_id: str) -> str:
    """A text as GitHub's Markdown, with the hidden mark of its action below it.

    Raises: TextTooLong.
    """
    mark = f"\n\n{mark_of(action_id)}"
    return github_markdown(markdown, spare_chars=len(mark)) + mark


def mark_of(action_id: str) -> str:
    """The comment in HTML that names an action; GitHub shows it to nobody."""
    return f"<!-- chargehand {action_id} -->"


def action_in(body: str | None) -> str | None:
    """The action whose mark stands at the end of a body; None where there is none."""
    found = _MARK.search(body or "")
    return found["action"] if found else None
