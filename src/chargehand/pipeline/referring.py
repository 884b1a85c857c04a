"""Keeps what events tell of branches, commits, pull requests, checks and pages.

Only of repositories and spaces that are bound, and only keys of registered projects. Everything may
be told twice, late, and in any order.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from chargehand.domain.code import CheckState
from chargehand.domain.event import EVERYONE, Event, EventKind, Place, PlaceKind
from chargehand.domain.ids import ConnectionId, ProjectKey, WorkItemKey
from chargehand.domain.keys import keys_named_in, project_of_key
from chargehand.domain.reference import (
    IN_BRANCH,
    IN_COMMIT,
    IN_LINK,
    IN_TITLE,
    Reference,
    ReferenceKind,
    ReferenceSubject,
    SeenBranch,
    SeenPullRequest,
)
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.event_pull_requests import (
    LONGEST_TITLE,
    completed,
    objects_in,
    pull_request_of,
    url_of,
    with_reviews,
    word_of,
)
from chargehand.pipeline.places import ask_key_of, bound_at
from chargehand.pipeline.smart_links import linked_in
from chargehand.storage.transaction import Writing

_MOST_KEYS: Final = 20
_MOST_COMMITS: Final = 50
_PULL_REQUESTS: Final = frozenset(
    {
        EventKind.PULL_REQUEST_OPENED,
        EventKind.PULL_REQUEST_UPDATED,
        EventKind.PULL_REQUEST_APPROVED,
        EventKind.PULL_REQUEST_UNAPPROVED,
        EventKind.PULL_REQUEST_MERGED,
        EventKind.PULL_REQUEST_DECLINED,
        EventKind.REVIEW_SUBMITTED,
    }
)
_PAGES: Final = frozenset({EventKind.PAGE_CREATED, EventKind.PAGE_UPDATED})
_SAID: Final = frozenset({EventKind.COMMENT_CREATED, EventKind.COMMENT_UPDATED})
_DESCRIBED: Final = frozenset({EventKind.WORK_ITEM_CREATED, EventKind.WORK_ITEM_UPDATED})
_CHECKS: Final = {
    "passed": CheckState.PASSED,
    "failed": CheckState.FAILED,
    "neutral": CheckState.NEUTRAL,
}


@dataclass(frozen=True, slots=True)
class Referring:
    """Notes one event after the other in the dispatcher's transactions."""

    connections: Mapping[ConnectionId, LiveConnection]
    registered: frozenset[ProjectKey]

    def note(self, tx: Writing, event: Event, connection: LiveConnection) -> None:
        """Keep what an event tells; nothing for most of them."""
        place = event.place
        if place is None:
            self._note_links(tx, event)
        elif not bound_at(connection, place.channel_id):
            return
        elif event.kind in _PULL_REQUESTS:
            self._note_pull_request(tx, event, place, connection)
        elif event.kind is EventKind.PUSH_RECEIVED:
            self._note_push(tx, event, place)
        elif event.kind is EventKind.CHECK_COMPLETED:
            _note_check(tx, event)
        elif event.kind in _PAGES:
            self._note_page(tx, event, place)

    def _note_pull_request(
        self, tx: Writing, event: Event, place: Place, connection: LiveConnection
    ) -> None:
        heard = pull_request_of(event, place)
        if heard is None:
            return
        _follow_rename(tx, heard, connection)
        known = tx.references.pull_request(event.connection_id, heard.ref)
        seen = with_reviews(completed(heard, known), known, event)
        if not tx.references.note_pull_request(seen):
            return
        subject = _subject_of(seen)
        tx.references.forget(subject, (IN_BRANCH, IN_TITLE), before=seen.updated_at)
        for where, text in ((IN_BRANCH, seen.source_branch), (IN_TITLE, seen.title)):
            for key in self._keys_in(text):
                tx.references.add(_refers(seen, subject, key, where))

    def _note_push(self, tx: Writing, event: Event, place: Place) -> None:
        data = event.data
        name = word_of(data, "name")
        if word_of(data, "ref_kind") != "branch" or not name:
            return
        is_gone = bool(data.get("is_deleted"))
        seen = SeenBranch(
            connection_id=event.connection_id,
            repository=place.channel_id,
            branch=name,
            head_commit="" if is_gone else word_of(data, "after"),
            pushed_at=event.occurred_at,
            is_reset=bool(data.get("is_forced")),
            is_gone=is_gone,
        )
        is_on_it = tx.references.note_branch(seen)
        if seen.is_reset or is_gone:
            tx.references.forget_commits(seen)
        subject = ReferenceSubject(
            event.connection_id, place.channel_id, ReferenceKind.BRANCH, name
        )
        if is_gone:
            tx.references.forget(subject, (IN_BRANCH,), before=event.occurred_at)
        if is_gone or not is_on_it:
            return
        plain = _reference_at(event, place, subject, url=url_of(data))
        for key in self._keys_in(name):
            tx.references.add(replace(plain, work_item=key, found_in=IN_BRANCH))
        for reference in self._commits_of(event, place, seen):
            tx.references.add(reference)

    def _commits_of(self, event: Event, place: Place, seen: SeenBranch) -> Iterator[Reference]:
        for commit in objects_in(event.data.get("commits"))[:_MOST_COMMITS]:
            hash_ = word_of(commit, "id")
            message = word_of(commit, "message", LONGEST_TITLE)
            if not hash_:
                continue
            subject = ReferenceSubject(
                event.connection_id, place.channel_id, ReferenceKind.COMMIT, hash_
            )
            plain = _reference_at(event, place, subject, url=url_of(commit))
            for key in self._keys_in(message):
                yield replace(
                    plain,
                    work_item=key,
                    found_in=IN_COMMIT,
                    title=message,
                    branch=seen.branch,
                    author_id=word_of(commit, "author_id"),
                    author_name=word_of(commit, "author_name"),
                )

    def _note_page(self, tx: Writing, event: Event, place: Place) -> None:
        page_id, title = word_of(event.data, "page_id"), word_of(event.data, "title", LONGEST_TITLE)
        if not page_id:
            return
        subject = ReferenceSubject(
            event.connection_id, place.channel_id, ReferenceKind.PAGE, page_id
        )
        plain = replace(_reference_at(event, place, subject, url=url_of(event.data)), title=title)
        tx.references.forget(subject, (IN_TITLE,), before=event.occurred_at)
        for key in self._keys_in(title):
            tx.references.add(replace(plain, work_item=key, found_in=IN_TITLE))

    def _note_links(self, tx: Writing, event: Event) -> None:
        """What the text of a work item or of a comment on it links to, for everybody to read."""
        found_in = _text_of(event)
        if found_in is None or event.work_item is None:
            return
        tx.references.forget_links(found_in, before=event.occurred_at)
        is_told = event.kind in _SAID | _DESCRIBED and event.visibility == EVERYONE
        if not is_told or project_of_key(event.work_item) not in self.registered:
            return
        links = linked_in(event.text or "", self.connections.values())
        if links and tx.events.id_of_key(f"{ask_key_of(event)}:deleted") is not None:
            # The making of a comment was only told after its deletion.
            return
        for subject in links:
            tx.references.add(
                Reference(
                    subject=subject,
                    work_item=event.work_item,
                    found_in=found_in,
                    seen_at=event.occurred_at,
                )
            )

    def _keys_in(self, text: str) -> tuple[WorkItemKey, ...]:
        return keys_named_in(text, self.registered)[:_MOST_KEYS]


def _refers(
    seen: SeenPullRequest, subject: ReferenceSubject, key: WorkItemKey, where: str
) -> Reference:
    return Reference(
        subject=subject,
        work_item=key,
        found_in=where,
        seen_at=seen.updated_at,
        title=seen.title,
        url=seen.url,
        is_private=seen.is_private,
        author_id=seen.author_id,
        author_name=seen.author_name,
    )


def _follow_rename(tx: Writing, heard: SeenPullRequest, connection: LiveConnection) -> None:
    """Keep under its new name what was heard of a repository that has another one now.

    The same number with the same newest commit, where the old name is bound no longer.
    """
    if not heard.head_commit:
        return
    for one in tx.references.with_head(heard.connection_id, heard.head_commit):
        old, new = one.ref.repository, heard.ref.repository
        is_other = old.casefold() != new.casefold() and one.ref.number == heard.ref.number
        if is_other and not bound_at(connection, old):
            tx.references.rename(heard.connection_id, old, new)


def _note_check(tx: Writing, event: Event) -> None:
    """Keep what a check said of the commit that is a pull request's newest."""
    name, commit = word_of(event.data, "name"), word_of(event.data, "commit")
    state = _CHECKS.get(word_of(event.data, "state"))
    if not name or not commit or state is None:
        return
    for seen in tx.references.with_head(event.connection_id, commit):
        checks = {**seen.checks, name: state}
        tx.references.refine_pull_request(seen, reviewers=seen.reviewers, checks=checks)


def _subject_of(seen: SeenPullRequest) -> ReferenceSubject:
    return ReferenceSubject(
        seen.connection_id, seen.ref.repository, ReferenceKind.PULL_REQUEST, str(seen.ref.number)
    )


def _reference_at(event: Event, place: Place, subject: ReferenceSubject, *, url: str) -> Reference:
    """What an event tells of a subject, without the work item it names."""
    is_private = event.data.get("is_private")
    if not isinstance(is_private, bool):
        is_private = place.kind is not PlaceKind.PUBLIC
    return Reference(
        subject=subject,
        work_item=WorkItemKey(""),
        found_in="",
        seen_at=event.occurred_at,
        url=url,
        is_private=is_private,
        author_id=event.actor.account_id or "",
        author_name=event.actor.name,
    )


def _text_of(event: Event) -> str | None:
    """Which text of a work item an event tells the words of; None where it tells none."""
    if event.kind in _SAID or event.kind is EventKind.COMMENT_DELETED:
        comment_id = word_of(event.data, "comment_id")
        return f"{IN_LINK}{event.connection_id}:{comment_id}" if comment_id else None
    if event.kind in _DESCRIBED and event.work_item is not None and event.text:
        return f"{IN_LINK}{event.connection_id}:{event.work_item}"
    return None
