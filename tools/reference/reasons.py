"""Why decisions were made as they were, from the closed list and its texts."""

from chargehand.decisions.reason_catalogue import reason_text
from chargehand.domain.decision import Reason
from tools.reference.markdown import page, table

_INTRO = """\
Every reason a decision can have, as `chargehand decisions list` and REST show it.
[Understanding](../explanation/understanding.md) and \
[late asks](../explanation/late-asks.md) explain the rules behind them."""


def reasons_page() -> str:
    """Every reason with the sentence that explains it."""
    rows = [[f"`{reason.value}`", reason_text(reason)] for reason in Reason]
    return page("Reasons of decisions", _INTRO, table(["reason", "in words"], rows))
