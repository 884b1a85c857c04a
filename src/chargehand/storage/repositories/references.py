"""What names a work item elsewhere, and the pull requests and branches as last heard of."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, func, or_, select

from chargehand.domain.code import CheckState, PullRequestRef, PullRequestState
from chargehand.domain.ids import ConnectionId, WorkItemKey
from chargehand.domain.reference import (
    IN_COMMIT,
    Reference,
    ReferenceKind,
    ReferenceSubject,
    SeenBranch,
    SeenPullRequest,
    SeenReviewer,
)
from chargehand.kit.clock import to_micros
from chargehand.storage.repositories.references_rows import (
    HASH_LENGTH,
    branch_id,
    checks_json,
    pull_request_id_of,
    pull_request_of,
    pull_request_row,
    reference_of,
    reference_row,
    reviewers_json,
    subject_id,
)
from chargehand.storage.repositories.rows import AnyRow, Repository
from chargehand.storage.tables_code import code_branches, code_references, pull_requests

# More than people read of one work item; a key in every commit of a year is no news.
MOST_OF_ITEM: Final = 200
_MOST_CHECKS: Final = 100
_THREADS: Final = {"pull": ReferenceKind.PULL_REQUEST, "page": ReferenceKind.PAGE}


class ReferenceReader(Repository):
    """Looks up what refers to what."""

    def of_item(self, work_item: WorkItemKey) -> tuple[Reference, ...]:
        """What names a work item, newest first, at most some hundred."""
        query = self._select(code_references).where(code_references.c.work_item == work_item)
        ordered = query.order_by(code_references.c.seen_at.desc(), code_references.c.reference_id)
        return tuple(reference_of(row) for row in self._rows(ordered.limit(MOST_OF_ITEM)))

    def items_of(
        self, connection_id: ConnectionId, place: str, thread_id: str
    ) -> tuple[WorkItemKey, ...]:
        """The work items a pull request or page names, those in its branch and title first."""
        what, _, name = thread_id.partition("/")
        kind = _THREADS.get(what)
        if kind is None:
            return ()
        subject = ReferenceSubject(connection_id, place, kind, name)
        query = self._select(code_references).where(
            code_references.c.subject_id == subject_id(subject)
        )
        ordered = query.order_by(code_references.c.found_in, code_references.c.work_item)
        named = [WorkItemKey(row.work_item) for row in self._rows(ordered)]
        if kind is ReferenceKind.PULL_REQUEST and name.isdigit():
            found = self.pull_request(connection_id, PullRequestRef(place, int(name)))
            named += self._items_on_branch_of(found) if found is not None else []
        return tuple(dict.fromkeys(named))

    def pull_request(
        self, connection_id: ConnectionId, ref: PullRequestRef
    ) -> SeenPullRequest | None:
        """One pull request as last heard of."""
        row = self._one_by(pull_requests.c.pull_request_id, pull_request_id_of(connection_id, ref))
        return pull_request_of(row) if row is not None else None

    def with_head(
        self, connection_id: ConnectionId, head_commit: str
    ) -> tuple[SeenPullRequest, ...]:
        """The pull requests of a connection whose newest commit is this one."""
        query = self._select(pull_requests).where(
            pull_requests.c.connection_id == connection_id,
            pull_requests.c.head_commit == head_commit,
        )
        rows = self._rows(query.order_by(pull_requests.c.pull_request_id))
        return tuple(pull_request_of(row) for row in rows)

    def from_branches(
        self, connection_id: ConnectionId, repository: str, branches: Collection[str]
    ) -> tuple[SeenPullRequest, ...]:
        """The pull requests that come from branches of a repository, no fork's, newest first."""
        if not branches:
            return ()
        own = func.lower(pull_requests.c.repository) == repository.lower()
        query = self._select(pull_requests).where(
            pull_requests.c.connection_id == connection_id,
            own,
            func.lower(pull_requests.c.source_repository) == repository.lower(),
            pull_requests.c.source_branch.in_(sorted(branches)),
        )
        rows = self._rows(query.order_by(pull_requests.c.updated_at.desc()).limit(MOST_OF_ITEM))
        return tuple(pull_request_of(row) for row in rows)

    def count_older(self, before: datetime) -> int:
        """How many rows were last heard of before a moment."""
        counts = (
            select(func.count()).where(
                table.c.organization_id == self._organization_id, age < to_micros(before)
            )
            for table, age in _AGES
        )
        return sum(int(self._connection.execute(one).scalar_one()) for one in counts)

    def _items_on_branch_of(self, found: SeenPullRequest) -> list[WorkItemKey]:
        if found.source_repository.casefold() != found.ref.repository.casefold():
            return []
        branch = branch_id(found.connection_id, found.ref.repository, found.source_branch)
        query = self._select(code_references).where(code_references.c.branch_id == branch)
        ordered = query.order_by(code_references.c.seen_at.desc(), code_references.c.work_item)
        return [WorkItemKey(row.work_item) for row in self._rows(ordered.limit(MOST_OF_ITEM))]


class ReferenceWriter(ReferenceReader):
    """Keeps what was heard, so that the order and number of the tellings do not matter."""

    def note_pull_request(self, seen: SeenPullRequest) -> bool:
        """Keep a pull request unless something newer is known; whether it was kept.

        What was merged stays merged: no host opens it again.
        """
        row = pull_request_row(seen)
        if self._insert(pull_requests, row):
            return True
        at = row["updated_at"]
        is_merged = pull_requests.c.state == PullRequestState.MERGED.value
        is_newer = pull_requests.c.updated_at < at
        is_same_age = pull_requests.c.updated_at == at
        may_follow: ColumnElement[bool] = or_(is_newer, is_same_age)
        if seen.state is not PullRequestState.MERGED:
            may_follow = and_(may_follow, ~is_merged)
        outcome = self._connection.execute(
            self._update(pull_requests)
            .where(pull_requests.c.pull_request_id == row["pull_request_id"], may_follow)
            .values(**row)
        )
        return outcome.rowcount == 1

    def refine_pull_request(
        self,
        seen: SeenPullRequest,
        *,
        reviewers: tuple[SeenReviewer, ...],
        checks: Mapping[str, CheckState],
    ) -> None:
        """Keep what reviewers and checks said of the commit that is its newest still."""
        known = and_(
            pull_requests.c.pull_request_id == pull_request_id_of(seen.connection_id, seen.ref),
            pull_requests.c.head_commit == seen.head_commit,
        )
        kept = dict(list(checks.items())[:_MOST_CHECKS])
        values = {"reviewers": reviewers_json(reviewers), "checks": checks_json(kept)}
        self._connection.execute(self._update(pull_requests).where(known).values(**values))

    def note_branch(self, seen: SeenBranch) -> bool:
        """Keep where a branch is; whether what was pushed then is on it still.

        Shape: false for a push from before the branch was pushed by force or deleted.
        """
        at = to_micros(seen.pushed_at)
        reset_at = at if seen.is_reset or seen.is_gone else 0
        row: dict[str, Any] = {
            "branch_id": branch_id(seen.connection_id, seen.repository, seen.branch),
            "connection_id": seen.connection_id,
            "repository": seen.repository,
            "branch": seen.branch,
            "head_commit": seen.head_commit[:HASH_LENGTH],
            "is_gone": int(seen.is_gone),
            "pushed_at": at,
            "reset_at": reset_at,
        }
        if self._insert(code_branches, row):
            return True
        mine = code_branches.c.branch_id == row["branch_id"]
        known = self._one(self._select(code_branches).where(mine))
        if known is not None and at < known.reset_at:
            return False
        values = {"reset_at": max(reset_at, known.reset_at if known is not None else 0)}
        if known is None or at >= known.pushed_at:
            values |= {name: row[name] for name in ("head_commit", "is_gone", "pushed_at")}
        self._connection.execute(self._update(code_branches).where(mine).values(**values))
        return True

    def forget_commits(self, seen: SeenBranch) -> None:
        """Let go of the commits of a branch that were pushed before it lost them."""
        self._drop(
            code_references.c.branch_id
            == branch_id(seen.connection_id, seen.repository, seen.branch),
            code_references.c.found_in == IN_COMMIT,
            code_references.c.seen_at <= to_micros(seen.pushed_at),
        )

    def add(self, reference: Reference) -> None:
        """Keep a reference; what was heard of it later takes the place of what was earlier."""
        row = reference_row(reference)
        if self._insert(code_references, row):
            return
        self._connection.execute(
            self._update(code_references)
            .where(
                code_references.c.reference_id == row["reference_id"],
                code_references.c.seen_at <= row["seen_at"],
            )
            .values(**row)
        )

    def forget(
        self, subject: ReferenceSubject, found_in: Collection[str], *, before: datetime
    ) -> None:
        """Let go of the references of a subject whose key stood somewhere at a moment or before."""
        self._drop(
            code_references.c.subject_id == subject_id(subject),
            code_references.c.found_in.in_(sorted(found_in)),
            code_references.c.seen_at <= to_micros(before),
        )

    def forget_links(self, found_in: str, *, before: datetime) -> None:
        """Let go of the links that stood in a text, as far as they are older than its new words."""
        self._drop(
            code_references.c.found_in == found_in,
            code_references.c.seen_at <= to_micros(before),
        )

    def rename(self, connection_id: ConnectionId, old: str, new: str) -> None:
        """Keep everything under the name a repository has now."""
        for row in self._of_place(pull_requests, pull_requests.c.repository, connection_id, old):
            seen = pull_request_of(row)
            key = pull_requests.c.pull_request_id == row.pull_request_id
            self._connection.execute(delete(pull_requests).where(self._mine(pull_requests), key))
            source = seen.source_repository
            is_own = source.casefold() == old.casefold()
            moved = pull_request_row(
                seen, repository=new, source_repository=new if is_own else source
            )
            self._insert(pull_requests, moved)
        for row in self._of_place(code_references, code_references.c.place, connection_id, old):
            reference = reference_of(row)
            key = code_references.c.reference_id == row.reference_id
            self._connection.execute(
                delete(code_references).where(self._mine(code_references), key)
            )
            self._insert(code_references, reference_row(reference, place=new))
        for row in self._of_place(code_branches, code_branches.c.repository, connection_id, old):
            mine = code_branches.c.branch_id == row.branch_id
            self._connection.execute(delete(code_branches).where(self._mine(code_branches), mine))
            moved = {**row._asdict(), "repository": new}
            moved["branch_id"] = branch_id(connection_id, new, row.branch)
            self._insert(code_branches, moved)

    def forget_older(self, before: datetime) -> int:
        """Let go of what was last heard of before a moment; how many rows went."""
        statements = (
            delete(table).where(self._mine(table), age < to_micros(before)) for table, age in _AGES
        )
        return sum(self._connection.execute(one).rowcount for one in statements)

    def _of_place(
        self, table: Any, column: Any, connection_id: ConnectionId, place: str
    ) -> list[AnyRow]:
        query = self._select(table).where(
            table.c.connection_id == connection_id, func.lower(column) == place.lower()
        )
        return self._rows(query)

    def _mine(self, table: Any) -> ColumnElement[bool]:
        found: ColumnElement[bool] = table.c.organization_id == self._organization_id
        return found

    def _drop(self, *which: ColumnElement[bool]) -> None:
        self._connection.execute(delete(code_references).where(self._mine(code_references), *which))


_AGES: Final = (
    (code_references, code_references.c.seen_at),
    (pull_requests, pull_requests.c.updated_at),
    (code_branches, code_branches.c.pushed_at),
)
