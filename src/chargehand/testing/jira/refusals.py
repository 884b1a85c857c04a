"""How the fake says no, in Jira's words and shape.

Rejected
├── JiraRefused     an answer of 400 to 499 with errorMessages and errors
├── ConnectionCut   the connection ends without an answer, as ordered by an injected failure
└── StateUnreadable the state file can not be used
"""

from collections.abc import Mapping

from chargehand.domain.errors import Rejected

PAYLOAD = "Invalid request payload. Refer to the REST API documentation and try again."
NO_ISSUE = "Issue does not exist or you do not have permission to see it."
NO_USER = "Specified user does not exist or you do not have required permissions"


class JiraRefused(Rejected):
    """A refusal with Jira's status and texts."""

    code = "fake_jira_refused"
    template = "Jira answers {status}: {messages} {errors}"

    def __init__(
        self, status: int, *messages: str, errors: Mapping[str, str] | None = None
    ) -> None:
        self.status = status
        self.messages = messages
        self.errors = dict(errors or {})
        super().__init__(status=status, messages=list(messages), errors=self.errors)

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild from the parts the constructor takes."""
        return (_rebuild, (self.status, self.messages, self.errors))


def _rebuild(status: int, messages: tuple[str, ...], errors: Mapping[str, str]) -> JiraRefused:
    return JiraRefused(status, *messages, errors=errors)


class ConnectionCut(Rejected):
    """The connection was cut on purpose; only `FakeJira.transport` and the server see it."""

    code = "fake_jira_connection_cut"
    template = "The connection was cut {moment} the request was processed."


class StateUnreadable(Rejected):
    """A state file that is not ours or is damaged."""

    code = "fake_jira_state_unreadable"
    template = "The state file {path} can not be used: {detail}. Name another file or remove it."
