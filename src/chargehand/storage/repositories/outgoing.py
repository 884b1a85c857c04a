"""Posts to outgoing webhooks: what waits, and what became of each."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, select

from chargehand.domain.ids import OutgoingId
from chargehand.domain.outgoing import OutgoingEvent, OutgoingPost, OutgoingState, WaitingPosts
from chargehand.domain.records import Page
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.repositories.rows import AnyRow, Repository, moment
from chargehand.storage.tables_outgoing import outgoing_posts


class OutgoingReader(Repository):
    """Looks posts up."""

    def due(self, webhook: str, *, now: datetime, limit: int) -> tuple[OutgoingPost, ...]:
        """What may be sent to a webhook now, oldest first."""
        query = self._select(outgoing_posts).where(
            outgoing_posts.c.webhook == webhook,
            outgoing_posts.c.state == OutgoingState.WAITING.value,
            outgoing_posts.c.next_attempt_at <= to_micros(now),
        )
        rows = self._rows(query.order_by(outgoing_posts.c.audit_seq).limit(limit))
        return tuple(_post(row) for row in rows)

    def waiting(self, webhook: str) -> int:
        """How many posts to a webhook are on their way."""
        query = select(func.count()).where(
            outgoing_posts.c.organization_id == self._organization_id,
            outgoing_posts.c.webhook == webhook,
            outgoing_posts.c.state == OutgoingState.WAITING.value,
        )
        return int(self._connection.scalar(query) or 0)

    def all_waiting(self) -> dict[str, WaitingPosts]:
        """What is on its way, by webhook; nothing of those to which nothing is."""
        posts = outgoing_posts.c
        query = (
            select(
                posts.webhook, func.count().label("number"), func.min(posts.created_at).label("at")
            )
            .where(
                posts.organization_id == self._organization_id,
                posts.state == OutgoingState.WAITING.value,
            )
            .group_by(posts.webhook)
        )
        return {
            row.webhook: WaitingPosts(int(row.number), from_micros(row.at))
            for row in self._rows(query)
        }

    def page(
        self, *, webhook: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[OutgoingPost]:
        """Posts, newest first; to one webhook or to all."""
        query = self._select(outgoing_posts)
        if webhook is not None:
            query = query.where(outgoing_posts.c.webhook == webhook)
        return self._page(query, outgoing_posts.c.post_id, _post, cursor=cursor, limit=limit)


class OutgoingWriter(OutgoingReader):
    """Keeps posts."""

    def add(self, post: OutgoingPost) -> bool:
        """Put a post on its way; False when its record was told to that webhook before."""
        return self._insert(
            outgoing_posts,
            {
                "post_id": post.id,
                "webhook": post.webhook,
                "event": post.event.value,
                "subject_id": post.subject_id,
                "project": post.project,
                "audit_seq": post.audit_seq,
                "state": post.state.value,
                "attempts": post.attempts,
                "created_at": to_micros(post.created_at),
                "next_attempt_at": to_micros(post.next_attempt_at),
                "closed_at": None,
                "problem": post.problem,
            },
        )

    def postpone(self, post_id: OutgoingId, *, until: datetime, problem: str) -> None:
        """Note a try that failed, and when the next one is."""
        self._connection.execute(
            self._update(outgoing_posts)
            .where(outgoing_posts.c.post_id == post_id)
            .values(
                attempts=outgoing_posts.c.attempts + 1,
                next_attempt_at=to_micros(until),
                problem=problem,
            )
        )

    def close(
        self, post_id: OutgoingId, state: OutgoingState, *, problem: str, now: datetime
    ) -> None:
        """Note how a post ended, with its last try."""
        self._connection.execute(
            self._update(outgoing_posts)
            .where(outgoing_posts.c.post_id == post_id)
            .values(
                state=state.value,
                attempts=outgoing_posts.c.attempts + 1,
                closed_at=to_micros(now),
                problem=problem,
            )
        )

    def forget(self, *, before: datetime, known: Collection[str]) -> None:
        """Delete what is old, and what waits for a webhook that is configured no more."""
        mine = outgoing_posts.c.organization_id == self._organization_id
        is_old = outgoing_posts.c.created_at < to_micros(before)
        is_nobodys = outgoing_posts.c.webhook.not_in(sorted(known)) & (
            outgoing_posts.c.state == OutgoingState.WAITING.value
        )
        self._connection.execute(delete(outgoing_posts).where(mine, is_old | is_nobodys))


def _post(row: AnyRow) -> OutgoingPost:
    return OutgoingPost(
        id=OutgoingId(row.post_id),
        webhook=row.webhook,
        event=OutgoingEvent(row.event),
        subject_id=row.subject_id,
        project=row.project,
        audit_seq=row.audit_seq,
        state=OutgoingState(row.state),
        attempts=row.attempts,
        created_at=from_micros(row.created_at),
        next_attempt_at=from_micros(row.next_attempt_at),
        closed_at=moment(row.closed_at),
        problem=row.problem,
    )
