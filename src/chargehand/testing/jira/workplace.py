"""The fake with people at work in it: what they do is stored, recorded and told to webhooks."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import httpx

from chargehand.kit.clock import Clock, SystemClock
from chargehand.testing.clock import OffsetClock
from chargehand.testing.jira.building import Building, SetUpRefused
from chargehand.testing.jira.edits import assign_issue, available_moves, edit_issue, move_issue
from chargehand.testing.jira.failures import Cut, Failure, FailureQueue
from chargehand.testing.jira.received import ReceivedRequest, RequestLog
from chargehand.testing.jira.records import Comment, CommentVisibility, Issue
from chargehand.testing.jira.saving import StateSaver
from chargehand.testing.jira.sending import RETRY_DELAYS_S, WebhookSender
from chargehand.testing.jira.shapes import Shapes
from chargehand.testing.jira.site import Happening, Site
from chargehand.testing.jira.state import State, load_state
from chargehand.testing.jira.webhooks import (
    WebhookMessage,
    WebhookTarget,
    WebhookWriter,
    signed_headers,
)

SITE_URL = "https://example.atlassian.net"


class Workplace(Building):
    """Everything the fake can do; `FakeJira` adds the doors (ASGI application and clients)."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        site_url: str = SITE_URL,
        state_path: Path | None = None,
        webhooks: Sequence[WebhookTarget] = (),
        webhook_transport: httpx.AsyncBaseTransport | None = None,
        retry_delays_s: Sequence[float] = RETRY_DELAYS_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        loaded = load_state(state_path) if state_path is not None else None
        self.is_new = loaded is None
        state = loaded or State()
        self.fake_clock = OffsetClock(clock or SystemClock(), state.clock_offset_s)
        super().__init__(state, self.fake_clock)
        self.site_url = site_url.rstrip("/")
        self.targets = list(webhooks)
        self.failures = FailureQueue()
        self.saver = StateSaver(state, state_path)
        beside = state_path.with_name(f"{state_path.name}.requests.jsonl") if state_path else None
        self.log = RequestLog(beside)
        self.sender = WebhookSender(
            clock=self.fake_clock,
            transport=webhook_transport,
            retry_delays_s=retry_delays_s,
            sleep=sleep,
        )
        self.sleep = sleep
        self.site = Site(state, self.fake_clock, self._announce)
        self._messages: dict[tuple[str, str], WebhookMessage] = {}

    # What was received

    @property
    def requests(self) -> Sequence[ReceivedRequest]:
        """Every request to the REST API, oldest first."""
        return self.log.entries

    def writes(self) -> list[ReceivedRequest]:
        """The requests that asked for a change; searching by POST is none."""
        return [request for request in self.log.entries if request.is_write]

    # People at work

    def comment(
        self,
        key: str,
        *,
        author: str,
        body: str,
        visibility: CommentVisibility | None = None,
        public: bool = True,
    ) -> Comment:
        """A person comments in wiki markup; Jira's rules apply, webhooks are told.

        Raises: JiraRefused when the person may not, SetUpRefused for unknown people or issues.
        """
        issue, person = self.issue(key), self.person(author)
        draft = self.draft(body, visibility=visibility, public=public)
        if person.account_type == "customer" and issue.reporter == person.account_id:
            # The portal lets customers comment on their own requests without any project right.
            return self._kept(self.site.put_comment(issue, person, draft=draft))
        return self._kept(self.site.add_comment(issue, person, draft=draft))

    def edit_comment(self, comment_id: str, *, body: str, author: str | None = None) -> Comment:
        """Somebody, by default its author, edits a comment."""
        comment = self._comment(comment_id)
        draft = self.draft(body, visibility=comment.visibility, public=comment.public)
        editor = self.person(author or comment.author)
        return self._kept(self.site.edit_comment(comment, editor, draft=draft))

    def delete_comment(self, comment_id: str, *, author: str | None = None) -> None:
        """Somebody, by default its author, deletes a comment."""
        comment = self._comment(comment_id)
        self.site.delete_comment(comment, self.person(author or comment.author))
        self.saver.save_now()

    def transition(self, key: str, *, author: str, to: str) -> Issue:
        """A person moves an issue; `to` is a transition's id or name, or a status."""
        issue, person = self.issue(key), self.person(author)
        workflow = self.site.project_of(issue).workflow
        moves = available_moves(self.site, issue, person)
        for move in moves:
            if to.casefold() in (move.id, move.name.casefold()):
                return self._moved(move_issue(self.site, issue, actor=person, move=move, fields={}))
        for move in moves:
            if to.casefold() == workflow.status(move.to_status).name.casefold():
                return self._moved(move_issue(self.site, issue, actor=person, move=move, fields={}))
        allowed = "one of " + (", ".join(move.name for move in moves) or "none, without the right")
        raise SetUpRefused(field="to", value=to, allowed=allowed)

    def assign(self, key: str, *, author: str, to: str | None) -> Issue:
        """A person assigns an issue, or unassigns it with None."""
        account = self.person(to).account_id if to else None
        caller = self.person(author)
        return self._moved(
            assign_issue(self.site, self.issue(key), caller=caller, account_id=account)
        )

    def edit(self, key: str, *, author: str, fields: Mapping[str, object]) -> Issue:
        """A person edits fields, named and shaped as in the REST API."""
        caller = self.person(author)
        return self._moved(
            edit_issue(self.site, self.issue(key), caller=caller, fields=fields, update={})
        )

    # Webhooks

    def webhook_request(
        self, comment: Comment, *, event: str = "comment_created", secret: str = ""
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body of the webhook Jira sends about a comment, signed with `secret`.

        Shape: `event` may also be `issue_commented`, the jira:issue_updated beside it; the same
        comment and event give the same identifier and bytes every time.
        """
        message = self._messages.get((event, comment.id)) or self._rewritten(comment, event)
        return dict(signed_headers(message, secret)), message.body

    def change_request(self, key: str, *, secret: str = "") -> tuple[dict[str, str], bytes]:
        """Headers and body of the webhook Jira sends about the newest change of an issue.

        Raises: SetUpRefused for an issue that nobody changed while this process lives.
        """
        changes = [one for one in self.state.changes if one.issue == key]
        message = self._messages.get(("jira:issue_updated", changes[-1].id)) if changes else None
        if message is None:
            raise SetUpRefused(field="key", value=key, allowed="an issue somebody changed")
        return dict(signed_headers(message, secret)), message.body

    def _rewritten(self, comment: Comment, event: str) -> WebhookMessage:
        # The comment is older than this process, so its message is written again, and kept.
        source = "comment_created" if event == "issue_commented" else event
        issue = self.state.issues[comment.issue]
        happening = Happening(source, issue, comment.author, comment.updated_at, comment=comment)
        self._remember(comment.id, self._writer().messages(happening))
        return self._messages[event, comment.id]

    def _announce(self, happening: Happening) -> None:
        messages = self._writer().messages(happening)
        if happening.comment is not None:
            self._remember(happening.comment.id, messages)
        elif happening.change is not None:
            self._remember(happening.change.id, messages)
        for target in self.targets:
            for event, message in messages.items():
                if event in target.events:
                    self.sender.submit(target, message)

    def shapes(self, api: str = "3") -> Shapes:
        """What writes the site's objects."""
        return Shapes(self.state, self.site_url, api)

    def _writer(self) -> WebhookWriter:
        return WebhookWriter(self.site, self.shapes("2"))

    def _remember(self, subject: str, messages: Mapping[str, WebhookMessage]) -> None:
        self._messages.update({(event, subject): m for event, m in messages.items()})

    async def settle(self) -> None:
        """Return when every webhook was delivered or given up."""
        await self.sender.settle()

    async def aclose(self) -> None:
        """Stop sending webhooks and write the state; safe to call twice."""
        await self.sender.close()
        self.saver.save_now()

    # Failures and time

    def inject(
        self,
        *,
        method: str = ".*",
        path: str = ".*",
        status: int | None = None,
        retry_after: int | None = None,
        delay_s: float = 0.0,
        cut: Cut | None = None,
        times: int = 1,
    ) -> None:
        """Make the next `times` matching requests fail; see `failures.Failure`."""
        self.failures.add(Failure(method, path, status, retry_after, delay_s, cut, times))

    def move_clock(self, offset_s: float) -> None:
        """Let the fake's clock be `offset_s` seconds ahead of its source."""
        self.fake_clock.offset_s = offset_s
        self.state.clock_offset_s = offset_s
        self.saver.save_now()

    def _comment(self, comment_id: str) -> Comment:
        comment = self.state.find_comment(comment_id)
        if comment is None:
            raise SetUpRefused(field="comment", value=comment_id, allowed="no comment has this id")
        return comment

    def _kept(self, comment: Comment) -> Comment:
        self.saver.save_now()
        return comment

    def _moved(self, issue: Issue) -> Issue:
        self.saver.save_now()
        return issue
