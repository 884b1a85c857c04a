"""How the fake says no."""

from typing import Any

from chargehand.domain.errors import Rejected


class GitHubRefused(Exception):
    """An answer with an error's status; `headers` go with it."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: list[Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = headers or {}

    @property
    def body(self) -> dict[str, Any]:
        """The JSON GitHub answers with."""
        shown: dict[str, Any] = {
            "message": self.message,
            "documentation_url": "https://docs.github.com/rest",
            "status": str(self.status),
        }
        return shown if self.errors is None else {**shown, "errors": self.errors}


class ControlRefused(Rejected):
    """A wish of the control API, or of a test, that makes no sense."""

    code = "fake_github_control_refused"
    template = "{detail}"


def not_found() -> GitHubRefused:
    """What is not there, or hidden."""
    return GitHubRefused(404, "Not Found")


def invalid(field: str, code: str = "invalid") -> GitHubRefused:
    """A body GitHub can not use."""
    errors = [{"resource": "Issue", "field": field, "code": code}]
    return GitHubRefused(422, "Validation Failed", errors=errors)
