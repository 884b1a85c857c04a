"""A house beside a fake Jira and a scripted code host: people comment, push and review there.

The host speaks no vendor's language: what it tells is an event in our own vocabulary, so that the
flow is tested for what every code host and wiki has in common.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chargehand.domain.action import ActionResult, ApprovedAction, Done, ProposedAction
from chargehand.domain.code import (
    CheckRun,
    CheckState,
    PullRequest,
    PullRequestRef,
    PullRequestState,
    Review,
    ReviewState,
)
from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.domain.diff import Diff
from chargehand.domain.event import Actor, ActorKind, Event, EventKind, Place, PlaceKind
from chargehand.domain.fact import Fact, Known, Unknown, UnknownReason
from chargehand.domain.ids import AccountId, ConnectionId, MemberId, ProjectKey
from chargehand.domain.member import Role
from chargehand.domain.text import Line, Span
from chargehand.domain.work_item import Person
from chargehand.kit.clock import Clock
from chargehand.pipeline.connection import LiveConnection
from chargehand.plugins.connector import (
    BotIdentity,
    Check,
    DoneAction,
    LookUp,
    LookUpState,
    NoWayBack,
    PastEffect,
    PollPage,
    SentAction,
)
from tests.chat_house import ChatHouse, add_to_team
from tests.house import House

HOST, WIKI = ConnectionId("github"), ConnectionId("confluence")
PAYMENTS, CONSOLE, SECRETS = "acme/payments", "acme/console", "acme/secrets"
SITE = "https://github.example"
BOT = AccountId("bot-1")
PAY = ProjectKey("PAY")


@dataclass
class ScriptedHost:
    """A code host as its client, parser and previewer show it.

    Shape: `requests` are its pull requests; `away` is why nothing can be read, None for well;
    `readers` are the accounts that may read a repository, everybody's where it is not named.
    """

    clock: Clock
    requests: dict[PullRequestRef, PullRequest] = field(default_factory=dict)
    comments: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    readers: dict[str, set[str]] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)
    away: UnknownReason | None = None

    # The parser

    def parse(self, delivery: VerifiedDelivery) -> Event:
        told = json.loads(delivery.body)
        place = told["place"]
        mention = BOT if "@bot" in (told.get("text") or "") else None
        spans = _spans(told.get("text") or "")
        return Event(
            kind=EventKind(told["kind"]),
            event_key=delivery.delivery_key,
            connector=delivery.connector,
            connection_id=delivery.connection_id,
            occurred_at=datetime.fromisoformat(told["at"]),
            actor=Actor(AccountId(told["by"]), told["by"].title(), ActorKind.PERSON),
            text=told.get("text"),
            lines=(Line(spans),) if spans else (),
            mentions=(mention,) if mention else (),
            place=Place(**{**place, "kind": PlaceKind(place["kind"])}),
            data=told["data"],
        )

    # The previewer

    def preview(self, action: ProposedAction) -> str:
        return f"Comment on {action.target}:\n{action.params['markdown']}"

    def inverse(self, done: DoneAction) -> ProposedAction | NoWayBack:
        return NoWayBack(f"{done.action_id} stays")

    # The client

    @property
    def clock_offset_s(self) -> float | None:
        return None

    async def identify_bot(self) -> BotIdentity:
        return BotIdentity(BOT, "chargehand")

    async def perform(self, action: ApprovedAction) -> ActionResult:
        self.comments.append((action.target, action.params))
        return Done(f"ours-{len(self.comments)}", f"{SITE}/comments/{len(self.comments)}")

    async def look_up(self, action: SentAction, past: PastEffect) -> LookUp:
        _ = action, past
        return LookUp(LookUpState.ABSENT)

    async def poll(
        self, projects: Sequence[ProjectKey], cursor: str | None, *, now: datetime
    ) -> AsyncIterator[PollPage]:
        _ = projects, now
        yield PollPage((), cursor or "")

    async def check(self) -> tuple[Check, ...]:
        return ()

    async def aclose(self) -> None:
        return

    # The source of code

    async def read_pull_request(self, ref: PullRequestRef, *, now: datetime) -> Known[PullRequest]:
        self.reads.append(str(ref))
        found = self.requests.get(ref)
        if self.away is not None or found is None:
            return Unknown(self.away or UnknownReason.NOT_FOUND)
        return Fact(found, found.url, now)

    async def read_diff(self, ref: PullRequestRef, *, now: datetime) -> Known[Diff]:
        found = self.requests.get(ref)
        if self.away is not None or found is None:
            return Unknown(self.away or UnknownReason.NOT_FOUND)
        diff = Diff(found.head_commit, found.target_branch, 1, 1, ("src/a.py",))
        return Fact(diff, found.url, now)

    async def read_open_pull_requests(
        self, repository: str, *, limit: int, now: datetime
    ) -> Known[tuple[PullRequest, ...]]:
        self.reads.append(repository)
        if self.away is not None:
            return Unknown(self.away)
        here = [
            one
            for one in self.requests.values()
            if one.ref.repository == repository and one.state is PullRequestState.OPEN
        ]
        here.sort(key=lambda one: one.updated_at)
        return Fact(tuple(here[:limit]), f"{SITE}/{repository}/pulls", now)

    async def may_read(
        self, repository: str, account_id: AccountId, *, now: datetime
    ) -> Known[bool]:
        readers = self.readers.get(repository)
        return Fact(readers is None or account_id in readers, SITE, now)

    # What people do there

    def open(
        self,
        number: int,
        title: str = "Round to cents",
        *,
        repository: str = PAYMENTS,
        branch: str = "round-to-cents",
        days: int = 3,
        **changes: Any,
    ) -> PullRequest:
        """A pull request that was opened some days ago."""
        ref = PullRequestRef(repository, number)
        opened_at = self.clock.now() - timedelta(days=days)
        checks = changes.pop("checks", {})
        found = PullRequest(
            ref=ref,
            title=title,
            url=f"{SITE}/{repository}/pull/{number}",
            state=PullRequestState.OPEN,
            is_draft=False,
            author=Person(AccountId("mei"), "Mei"),
            source_branch=branch,
            target_branch="main",
            head_commit=f"c{number:039}",
            created_at=opened_at,
            updated_at=opened_at,
            reviews=tuple(
                Review(Person(AccountId(name.lower()), name), ReviewState(state))
                for name, state in changes.pop("reviews", {}).items()
            ),
            checks=Fact(
                tuple(
                    CheckRun(name, CheckState(state), f"{SITE}/checks/{name}")
                    for name, state in checks.items()
                ),
                SITE,
                opened_at,
            ),
            is_private=changes.pop("is_private", True),
        )
        self.requests[ref] = replace(found, **changes)
        return self.requests[ref]


class CodeHouse(ChatHouse):
    """A house with Slack, a code host and a wiki."""

    host: ScriptedHost
    tells_in_public = False
    bound: Mapping[str, frozenset[ProjectKey]]

    def furnish(self) -> None:
        super().furnish()
        self.host = ScriptedHost(self.clock)
        self.bound = {PAYMENTS: frozenset({PAY}), CONSOLE: frozenset({ProjectKey("HELP")})}
        self._told = 0

    def connect_all(self) -> dict[ConnectionId, LiveConnection]:
        spaces = {"ENG": frozenset({PAY})}
        wiki = replace(self._live(WIKI, spaces), code=None, site="https://wiki.example")
        return {**super().connect_all(), HOST: self._live(HOST, self.bound), WIKI: wiki}

    def _live(
        self, connection_id: ConnectionId, bound: Mapping[str, frozenset[ProjectKey]]
    ) -> LiveConnection:
        return LiveConnection(
            id=connection_id,
            connector=connection_id,
            site=SITE,
            projects=frozenset().union(*bound.values()),
            parser=self.host,
            previewer=self.host,
            client=self.host,
            poll_interval=None,
            send_within=timedelta(seconds=20),
            settle_after=timedelta(seconds=30),
            code=self.host,
            channels=bound,
            tells_in_public=self.tells_in_public,
        )

    def rebind(self, **bound: str) -> None:
        """The operator binds other repositories; the worker starts anew."""
        served = {name: frozenset({ProjectKey(key)}) for name, key in bound.items()}
        self.bound = {name.replace("__", "/"): keys for name, keys in served.items()}
        self.start()

    # People at work there

    async def comment(
        self,
        text: str,
        *,
        on: str = "pull/12",
        by: str = "mei",
        repository: str = PAYMENTS,
        how: str = "created",
        comment_id: str = "",
        connection_id: ConnectionId = HOST,
        root: str | None = None,
        place: Mapping[str, Any] | None = None,
        **data: Any,
    ) -> str:
        """Somebody comments, mentioning the bot where the text says @bot, and is answered."""
        self._told += 1
        comment_id = comment_id or f"issue-{self._told}"
        where = {"thread_id": on, "message_id": comment_id, "root_id": root, **(place or {})}
        known = {"comment_id": comment_id, "message_id": comment_id, "repository": repository}
        stamp = f"updated:{self._told}" if how == "updated" else how
        await self.happens(
            f"comment.{how}",
            f"message:{repository}:{comment_id}:{stamp}",
            text=text,
            by=by,
            repository=repository,
            place=where,
            connection_id=connection_id,
            data={**known, **data},
        )
        return comment_id

    async def happens(
        self,
        kind: str,
        key: str,
        *,
        text: str | None = None,
        by: str = "mei",
        repository: str = PAYMENTS,
        place: Mapping[str, Any] | None = None,
        at: datetime | None = None,
        connection_id: ConnectionId = HOST,
        times: int = 1,
        data: Mapping[str, Any],
    ) -> None:
        """Something happens at the host and is told once, or as often as a test wants."""
        self.clock.advance(1)
        told = {
            "kind": kind,
            "by": by,
            "at": (at or self.clock.now()).astimezone(UTC).isoformat(),
            "text": text,
            "place": {"channel_id": repository, "kind": "private", **(place or {})},
            "data": data,
        }
        for _ in range(times):
            self.clock.advance(0.01)
            delivery = VerifiedDelivery(
                connection_id=connection_id,
                connector=connection_id,
                delivery_key=f"{connection_id}:{key}",
                source=DeliverySource.WEBHOOK,
                lane=Lane.INTERACTIVE,
                received_at=self.clock.now(),
                body=json.dumps(told).encode(),
                headers={},
            )
            await self._store((delivery,))
        await self.settle()

    async def pull_request(self, number: Any, how: str = "opened", **data: Any) -> None:
        """The host tells of a pull request."""
        repository, at = data.pop("repository", PAYMENTS), data.pop("at", self.clock.now())
        how_told = {name: data.pop(name) for name in ("text", "by", "times") if name in data}
        known = {
            "repository": repository,
            "number": number,
            "title": "Round to cents",
            "url": f"{SITE}/{repository}/pull/{number}",
            "state": "open",
            "is_private": True,
            "source_branch": "round-to-cents",
            "source_repository": repository,
            "target_branch": "main",
            "head_commit": f"c{number!s:0>39}",
            "author_id": "mei",
            "author_name": "Mei Tanaka",
            "updated_at": at.isoformat(),
        }
        self._told += 1
        await self.happens(
            f"pull_request.{how}",
            f"pull:{repository}:{number}:{how}:{self._told}",
            repository=repository,
            place={"thread_id": f"pull/{number}"},
            at=at,
            data={**known, **data},
            **how_told,
        )

    async def push(self, branch: str, *messages: str, **data: Any) -> None:
        """The host tells of commits on a branch."""
        self._told += 1
        repository, at = data.pop("repository", PAYMENTS), data.pop("at", None)
        how_told = {name: data.pop(name) for name in ("text", "by", "times") if name in data}
        commits = [
            {
                "id": f"{self._told:08x}{number:032x}",
                "message": message,
                "url": f"{SITE}/{repository}/commit/{self._told}{number}",
                "author_name": "Mei Tanaka",
            }
            for number, message in enumerate(messages)
        ]
        known = {
            "repository": repository,
            "ref": f"refs/heads/{branch}",
            "ref_kind": "branch",
            "name": branch,
            "before": "0",
            "after": commits[-1]["id"] if commits else f"{self._told:040}",
            "url": f"{SITE}/{repository}/tree/{branch}",
            "commits": commits,
        }
        await self.happens(
            "push.received",
            f"push:{repository}:{branch}:{self._told}",
            repository=repository,
            at=at,
            data={**known, **data},
            **how_told,
        )

    # Who is who

    def teammate(self, name: str, *roles: Role, **how: Any) -> MemberId:
        """Somebody at the code host as a member of the team, with roles in PAY."""
        return add_to_team(self, name, {HOST: name.split(maxsplit=1)[0].lower()}, *roles, **how)

    def told_there(self) -> list[str]:
        """The bot's comments at the host and in the wiki, oldest first."""
        return [str(params["markdown"]) for _, params in self.host.comments]

    @property
    def reasons(self) -> list[str]:
        """The reasons of every decision, oldest first."""
        return [reason for _, reason in self.verdicts]


def _spans(text: str) -> tuple[Span, ...]:
    before, mention, after = text.partition("@bot")
    if not mention:
        return (Span(text),) if text else ()
    return tuple(one for one in (Span(before), Span("@bot", mention=BOT), Span(after)) if one.text)


def references(house: House, key: str = "PAY-7") -> list[str]:
    """What names a work item, newest first, as `kind place name`."""
    found = house.stores.database.read(lambda tx: tx.references.of_item(key))
    return [f"{one.subject.kind} {one.subject.place} {one.subject.name}" for one in found]
