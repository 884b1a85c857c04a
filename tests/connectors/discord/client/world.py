"""A small server in the stateful fake, and a client signed in as its bot."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from chargehand.connectors.discord.client import DiscordClient
from chargehand.connectors.discord.config import DiscordConfig
from chargehand.domain.action import ActionKind, ApprovedAction
from chargehand.domain.command import ChatCommand, ChatOption, OptionType
from chargehand.domain.ids import (
    DEFAULT_ORGANIZATION,
    ActionId,
    ConnectionId,
    EffectId,
    ProjectKey,
)
from chargehand.kit.masked import MaskedText
from chargehand.plugins.connector import PastEffect
from chargehand.plugins.vendor_http import SentRequest
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing.clock import FakeClock
from chargehand.testing.contracts import Contract, ContractTransport
from chargehand.testing.discord import FakeDiscord, seed_demo
from chargehand.testing.discord.state import APPLICATION_ID, GUILD_ID, Interaction

NOW: Final = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
ACTION_ID: Final = "act_06cqv7rdvcv9qf6h1k1v2m9r4s"
COMMANDS: Final = (
    ChatCommand(
        "status",
        "How a ticket stands.",
        (ChatOption("item", "A ticket, such as PAY-7.", OptionType.TEXT, is_required=False),),
    ),
    ChatCommand(
        "help",
        "What can be asked.",
        (ChatOption("command", "One of them.", OptionType.TEXT, is_required=False),),
    ),
    ChatCommand(
        "modes",
        "Which mode an action has.",
        (
            ChatOption("kind", "The action.", OptionType.TEXT, is_required=True),
            ChatOption("mode", "Its mode.", OptionType.TEXT, is_required=False, choices=("a", "b")),
            ChatOption("page", "A page.", OptionType.NUMBER, is_required=False),
        ),
    ),
)


@dataclass
class World:
    """The fake, and the connection to it; `waits` are what the client waited."""

    discord: FakeDiscord
    clock: FakeClock
    contract: Contract | None
    waits: list[float] = field(default_factory=list)
    seen: list[SentRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.config = self.configured()
        self.client = self.connect(self.config)

    def configured(self, **changes: Any) -> DiscordConfig:
        channels = {self.channel_id("payments"): frozenset({ProjectKey("PAY")})}
        settings = {
            "connection_id": ConnectionId("discord"),
            "bot_token": MaskedText(self.discord.state.bot_token),
            "application_id": APPLICATION_ID,
            "public_key": self.discord.state.key.public_key,
            "guild_id": GUILD_ID,
            "channels": channels,
            "api_url": self.discord.api_url,
        }
        return DiscordConfig(**{**settings, **changes})

    def connect(
        self, config: DiscordConfig, commands: Sequence[ChatCommand] = COMMANDS
    ) -> DiscordClient:
        wire: httpx.AsyncBaseTransport = self.discord.transport()
        if self.contract is not None:
            wire = ContractTransport(wire, self.contract)
        return DiscordClient(
            config,
            Surroundings(self.clock, wire, self._sleep, lambda: 1.0, self.seen.append),
            commands=commands,
            now_s=lambda: self.clock.now().timestamp(),
        )

    def channel_id(self, name: str) -> str:
        return self.discord.channel(name).id

    def action(
        self, kind: ActionKind, target: str, params: Any, base: Any = None, *, number: int = 0
    ) -> ApprovedAction:
        """An approved action, as the gate would hand it over."""
        return ApprovedAction(
            action_id=ActionId(ACTION_ID[: -len(str(number))] + str(number)),
            organization_id=DEFAULT_ORGANIZATION,
            effect_id=EffectId("eff_06cqv7rdvcv9qf6h1k1v2m9r4s"),
            kind=kind,
            connection_id=ConnectionId("discord"),
            project=ProjectKey("PAY"),
            target=target,
            params=params,
            base=base or {},
            digest="0" * 64,
            approval_id=None,
        )

    def post(self, markdown: str, channel: str = "payments", **more: Any) -> ApprovedAction:
        params = {"markdown": markdown, **more}
        return self.action(ActionKind.DISCORD_POST_MESSAGE, self.channel_id(channel), params)

    def asked(self, line: str = "status PAY-7", *, private: bool = False) -> Interaction:
        """A command that was promised a reply."""
        self.discord.state.commands["1"] = {
            "id": "1", "type": 1, "name": "status", "description": "x",
            "options": [{"name": "item", "type": 3, "description": "x"}],
        }  # fmt: skip
        made = self.discord.command(line, author="Mei Tanaka", channel="payments")
        answer = {"type": 5, "data": {"flags": 64}} if private else {"type": 5}
        self.discord.take_answer(made, 200, answer)
        return made

    def past(self) -> PastEffect:
        return PastEffect(intended_at=self.clock.now(), attempts=1)

    async def _sleep(self, wait_s: float) -> None:
        self.waits.append(wait_s)
        self.clock.advance(wait_s)


def build_world(contract: Contract | None) -> World:
    clock = FakeClock(NOW)
    discord = FakeDiscord(clock=clock)
    seed_demo(discord)
    return World(discord, clock, contract)
