"""One call of the REST API as its handlers see it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
from starlette.datastructures import QueryParams

from chargehand.testing.discord.gateway import Gateway
from chargehand.testing.discord.refusals import DiscordRefused
from chargehand.testing.discord.state import State


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to be written as JSON; `body` None means an empty one."""

    status: int
    body: Any = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call; `path` holds the parts of the path by name."""

    state: State
    path: dict[str, str]
    query: QueryParams
    raw_body: bytes
    gateway: Gateway

    def body(self) -> dict[str, Any]:
        """The body.

        Raises: DiscordRefused(400) for what is no JSON object.
        """
        try:
            return msgspec.json.decode(self.raw_body, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            text = "The request body contains invalid JSON."
            raise DiscordRefused(400, 50109, text) from error


Handler: TypeAlias = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation; an `is_open` one is proved by the token in its path, not by a sign-in."""

    method: str
    path: str
    handler: Handler
    is_open: bool = False

    @property
    def route(self) -> str:
        """What its limit is counted by."""
        return f"{self.method} {self.path}"
