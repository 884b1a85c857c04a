"""What people are told of votes about what waits, as sentences."""

from typing import Final

CHANGE_COUNTED: Final = "{counted} of {quorum}: {who} approved."
CHANGE_UNCOUNTED: Final = "0 of {quorum} approved."
CHANGE_NEEDS: Final = "It takes {missing} more of: {who}."
CHANGE_NEEDS_ANYBODY: Final = "It takes {missing} more."
CHANGE_COMMENT: Final = "{who}: {text}"
CHANGE_REASON: Final = "Reason: {text}"
AS_DEPUTY: Final = "{who} (for {principal})"
APPROVAL_WAITS: Final = (
    "{approval} waits for you since {since}: {kind} in {project}. Nobody decided it yet, and on "
    "{expires} it expires. {mine} lists all that waits for you."
)
APPROVAL_ESCALATED: Final = (
    "{approval} waits since {since}, and those who decide such did not: {kind} in {project}. You "
    "may decide it too; on {expires} it expires. {mine} lists all that waits for you."
)
