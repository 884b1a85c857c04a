"""What a comment or description says, in whichever of its two formats Jira gives it."""

from chargehand.connectors.jira.text.adf import adf_to_text
from chargehand.connectors.jira.text.wiki import wiki_to_lines
from chargehand.domain.text import plain_text


def body_to_text(body: object) -> str:
    """The words: of wiki markup, as Data Center writes it, or of an ADF document."""
    return plain_text(wiki_to_lines(body)) if isinstance(body, str) else adf_to_text(body)
