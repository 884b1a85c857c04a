"""Reads what the pull requests of proposed actions change, for a policy to judge them by.

What judges a pull request always carries its diff. A comment does only where a rule about comments
asks for it: most do not, every answer would wait for two more requests, and one that was judged by
a diff is not sent any more once somebody pushed.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chargehand.decisions.chat_proposals import message_at
from chargehand.decisions.diffs import diff_key
from chargehand.domain.action import ProposedAction
from chargehand.domain.ask import Ask
from chargehand.domain.code import PullRequestRef
from chargehand.domain.diff import JUDGEMENTS, ON_PULL_REQUESTS, Diff
from chargehand.domain.fact import Known, Unknown, UnknownReason
from chargehand.domain.ids import ConnectionId
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.modes import policy_in_force
from chargehand.pipeline.slow_reads import in_time
from chargehand.policy.diffs import asks_about_diffs
from chargehand.storage.database import Database


@dataclass(frozen=True, slots=True)
class DiffReading:
    """Reads for one decision after the other."""

    connections: Mapping[ConnectionId, LiveConnection]
    database: Database

    async def read(
        self, actions: Sequence[ProposedAction], ask: Ask, *, now: datetime
    ) -> dict[str, Known[Diff]]:
        """The diffs some actions are to be judged by, by `diff_key`; what is not told is Unknown.

        Shape: empty where no action is about a pull request. The comment that may tell of the
        actions on the pull request they were asked for on is among them.
        """
        wanted = {diff_key(one): _subject_of(one) for one in actions if one.kind in JUDGEMENTS}
        told = [one for one in actions if one.kind in ON_PULL_REQUESTS - JUDGEMENTS]
        if actions and _is_on_pull_request(ask):
            policy = await self.database.aread(policy_in_force)
            others = [*told, *self._comment_on(ask)]
            wanted |= {
                diff_key(one): _subject_of(one)
                for one in others
                if asks_about_diffs(policy, one.kind)
            }
        subjects = dict.fromkeys(wanted.values())
        async with asyncio.TaskGroup() as group:
            reads = {one: group.create_task(self._read(*one, now=now)) for one in subjects}
        return {key: reads[subject].result() for key, subject in wanted.items()}

    def _comment_on(self, ask: Ask) -> Sequence[ProposedAction]:
        """The comment that may be made where it was asked, without its words."""
        connection = self.connections.get(ask.connection_id)
        if connection is None or ask.place is None:
            return ()
        return (message_at(ask, ask.place, connection.connector),)

    async def _read(
        self, connection_id: ConnectionId, target: str, *, now: datetime
    ) -> Known[Diff]:
        connection = self.connections.get(connection_id)
        repository, _, number = target.rpartition("#")
        if connection is None or connection.code is None or not number.isdigit():
            return Unknown(UnknownReason.NOT_CONFIGURED)
        ref = PullRequestRef(repository, int(number))
        return await in_time(connection.code.read_diff(ref, now=now))


def _subject_of(action: ProposedAction) -> tuple[ConnectionId, str]:
    return action.connection_id, action.target


def _is_on_pull_request(ask: Ask) -> bool:
    """Whether it was asked on a pull request, and not on an issue of the same host."""
    place = ask.place
    return place is not None and place.is_discussion and (place.thread_id or "").startswith("pull/")
