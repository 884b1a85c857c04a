"""Reads what was said in a thread, for a model that is asked about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from chargehand.connectors.slack.accounts import Account, AccountReader, is_outside
from chargehand.connectors.slack.answers import MessageAnswer, RawMessagesAnswer
from chargehand.connectors.slack.messages import read_text
from chargehand.connectors.slack.schemas import moment_of
from chargehand.connectors.slack.transport import Call, SlackTransport, decode
from chargehand.domain.errors import ChargehandError
from chargehand.domain.event import Place
from chargehand.domain.ids import AccountId
from chargehand.domain.text import plain_text
from chargehand.domain.thread import ThreadMessage

_READ: Final = "read a thread"
_PAGE: Final = 200
_MOST_PAGES: Final = 5
_MOST_NAMES: Final = 10


@dataclass(frozen=True, slots=True)
class ThreadLooker:
    """Reads threads of one connection, a bounded number of messages and of names."""

    transport: SlackTransport
    accounts: AccountReader
    team_id: str

    async def read_thread(
        self, place: Place, bot: AccountId, *, limit: int
    ) -> tuple[ThreadMessage, ...] | None:
        """The newest messages of a thread, oldest first; None where Slack does not tell."""
        if place.thread_id is None:
            return ()
        try:
            raws = (await self._raws(place.channel_id, place.thread_id))[-limit:]
            said = [(raw, decode(bytes(raw), MessageAnswer, operation=_READ)) for raw in raws]
            people = await self._people([message.user for _, message in said])
        except ChargehandError:
            return None
        return tuple(self._message(raw, message, people, bot) for raw, message in said)

    async def _raws(self, channel: str, thread: str) -> list[msgspec.Raw]:
        found: list[msgspec.Raw] = []
        further: dict[str, Any] = {}
        for _ in range(_MOST_PAGES):
            arguments = {"channel": channel, "ts": thread, "limit": _PAGE, **further}
            call = Call("conversations.replies", _READ, arguments)
            page = await self.transport.read(call, RawMessagesAnswer)
            found.extend(page.messages)
            cursor = page.response_metadata.next_cursor if page.response_metadata else ""
            if not cursor:
                break
            further = {"cursor": cursor}
        return found

    async def _people(self, users: list[str]) -> dict[str, Account]:
        people: dict[str, Account] = {}
        for user in list(dict.fromkeys(one for one in users if one))[:_MOST_NAMES]:
            account = await self.accounts.account(AccountId(user))
            if account is not None:
                people[user] = account
        return people

    def _message(
        self,
        raw: msgspec.Raw,
        message: MessageAnswer,
        people: Mapping[str, Account],
        bot: AccountId,
    ) -> ThreadMessage:
        fields = decode(bytes(raw), dict[object, object], operation=_READ)
        text = plain_text(read_text(fields).lines)
        for user, person in people.items():
            text = text.replace(f"@{user}", f"@{person.name}")
        author, is_ours = people.get(message.user), message.user == bot
        is_app = author is not None and author.is_bot
        return ThreadMessage(
            message_id=message.ts,
            author=author.name if author is not None else message.user,
            text=text,
            sent_at=moment_of(message.ts),
            is_ours=is_ours,
            is_outsider=not is_ours and (is_app or is_outside(author, self.team_id)),
        )
