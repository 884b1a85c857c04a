"""Registers, changes and removes the webhook of each bound repository, as an operator wishes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chargehand.connectors.github.answers import HookAnswer
from chargehand.connectors.github.api import GitHubAPI
from chargehand.connectors.github.transport import Call, convert, path_of
from chargehand.domain.json import JSONObject

EVENTS: Final = (
    "check_run",
    "issue_comment",
    "issues",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "push",
    "release",
    "status",
    "workflow_run",
)
_READ: Final = "read webhooks"
_REGISTER: Final = "register a webhook"


@dataclass(frozen=True, slots=True)
class HookKeeper:
    """Keeps webhooks; every method raises the errors of plugins/errors.py."""

    api: GitHubAPI

    async def find(self, repository: str, url: str) -> HookAnswer | None:
        """Our webhook of a repository; None when it has none."""
        call = Call("GET", path_of("repos", repository, "hooks"), _READ, repository)
        raw = await self.api.items(call, most=5)
        hooks: Sequence[HookAnswer] = convert(raw, list[HookAnswer], operation=_READ)
        return next((one for one in hooks if one.config.url == url), None)

    async def register(self, repository: str, url: str, *, secret: str) -> None:
        """Have GitHub post what happens in a repository; one that is there gets the secret."""
        config: JSONObject = {
            "url": url,
            "content_type": "json",
            "secret": secret,
            "insecure_ssl": "0",
        }
        body: JSONObject = {"config": config, "events": list(EVENTS), "active": True}
        path = path_of("repos", repository, "hooks")
        known = await self.find(repository, url)
        if known is not None:
            call = Call("PATCH", f"{path}/{known.id}", _REGISTER, repository, body=body)
        else:
            call = Call("POST", path, _REGISTER, repository, body={"name": "web", **body})
        await self.api.send(call)

    async def remove(self, repository: str, url: str) -> bool:
        """Have GitHub post no longer; whether there was a webhook."""
        known = await self.find(repository, url)
        if known is None:
            return False
        path = path_of("repos", repository, "hooks", known.id)
        await self.api.send(Call("DELETE", path, "remove a webhook", repository))
        return True
