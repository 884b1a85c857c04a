"""Reads what an event tells of a pull request; what is missing or odd is as good as empty."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from chargehand.decisions.markdown import bounded
from chargehand.domain.code import PullRequestRef, PullRequestState, ReviewState
from chargehand.domain.event import Event, EventKind, Place, PlaceKind
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.domain.reference import SeenPullRequest, SeenReviewer
from chargehand.kit.clock import EPOCH

LONGEST_TITLE: Final = 300
_LONGEST_WORD: Final = 255
_LONGEST_URL: Final = 1000
_MOST_REVIEWERS: Final = 50
_LARGEST_NUMBER: Final = 2**31 - 1
_SAYS: Final = {
    EventKind.PULL_REQUEST_APPROVED: ReviewState.APPROVED,
    EventKind.PULL_REQUEST_UNAPPROVED: ReviewState.WAITING,
}
_ENDS: Final = {
    EventKind.PULL_REQUEST_MERGED: PullRequestState.MERGED,
    EventKind.PULL_REQUEST_DECLINED: PullRequestState.DECLINED,
}
# What is dismissed says nothing any more.
_REVIEWS: Final = {
    "approved": ReviewState.APPROVED,
    "changes_requested": ReviewState.CHANGES_REQUESTED,
    "commented": ReviewState.COMMENTED,
    "dismissed": ReviewState.WAITING,
    "waiting": ReviewState.WAITING,
}


def pull_request_of(event: Event, place: Place) -> SeenPullRequest | None:
    """The pull request an event tells of; None where it does not say which."""
    data = event.data
    number = data.get("number")
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < _LARGEST_NUMBER:
        return None
    is_private = data.get("is_private")
    repository = place.channel_id
    return SeenPullRequest(
        connection_id=event.connection_id,
        ref=PullRequestRef(repository, number),
        title=word_of(data, "title", LONGEST_TITLE),
        state=_ENDS.get(event.kind) or _state_of(word_of(data, "state")),
        is_draft=data.get("is_draft") is True,
        is_private=is_private if isinstance(is_private, bool) else _is_private(place),
        url=url_of(data),
        source_repository=word_of(data, "source_repository") or repository,
        source_branch=word_of(data, "source_branch"),
        target_branch=word_of(data, "target_branch"),
        head_commit=word_of(data, "head_commit"),
        author_id=word_of(data, "author_id"),
        author_name=word_of(data, "author_name"),
        updated_at=_moment_of(data, "updated_at") or event.occurred_at,
        reviewers=_reviewers_of(data),
    )


def completed(heard: SeenPullRequest, known: SeenPullRequest | None) -> SeenPullRequest:
    """What was heard, with what it does not say as it was known before.

    Checks are those of a commit, and begin anew with the next one.
    """
    if known is None:
        return heard
    head_commit = heard.head_commit or known.head_commit
    return replace(
        heard,
        title=heard.title or known.title,
        url=heard.url or known.url,
        source_branch=heard.source_branch or known.source_branch,
        target_branch=heard.target_branch or known.target_branch,
        head_commit=head_commit,
        author_id=heard.author_id or known.author_id,
        author_name=heard.author_name or known.author_name,
        reviewers=heard.reviewers or known.reviewers,
        checks=known.checks if head_commit == known.head_commit else {},
    )


def with_reviews(
    seen: SeenPullRequest, known: SeenPullRequest | None, event: Event
) -> SeenPullRequest:
    """The pull request with what the event's own person says of it."""
    says = _SAYS.get(event.kind)
    if event.kind is EventKind.REVIEW_SUBMITTED:
        says = _REVIEWS.get(word_of(event.data, "review_state"))
    account = event.actor.account_id
    if says is None or account is None:
        return seen
    before = {one.id: one for one in (known.reviewers if known is not None else ())}
    before |= {one.id: one for one in seen.reviewers}
    earlier = before.get(account)
    if says is ReviewState.COMMENTED and earlier is not None:
        # A comment takes back neither an approval nor a demand for changes.
        says = earlier.state if earlier.state is not ReviewState.WAITING else says
    before[account] = SeenReviewer(account, event.actor.name, says)
    return replace(seen, reviewers=tuple(before.values())[:_MOST_REVIEWERS])


def word_of(data: Mapping[str, JSONValue], name: str, limit: int = _LONGEST_WORD) -> str:
    """A text of an event, on one line; empty where there is none."""
    value = data.get(name)
    return bounded(value, limit) if isinstance(value, str) else ""


def url_of(data: Mapping[str, JSONValue]) -> str:
    """The address an event tells of; empty where there is none, or none that can be followed."""
    value = data.get("url")
    is_address = isinstance(value, str) and value.startswith(("https://", "http://"))
    return value if isinstance(value, str) and is_address and len(value) <= _LONGEST_URL else ""


def objects_in(value: JSONValue) -> list[JSONObject]:
    """The objects of a list; empty for everything else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _state_of(word: str) -> PullRequestState:
    return PullRequestState(word) if word in set(PullRequestState) else PullRequestState.OPEN


def _is_private(place: Place) -> bool:
    return place.kind is not PlaceKind.PUBLIC


def _reviewers_of(data: Mapping[str, JSONValue]) -> tuple[SeenReviewer, ...]:
    found = (
        SeenReviewer(
            word_of(one, "id"),
            word_of(one, "name"),
            _REVIEWS.get(word_of(one, "state"), ReviewState.WAITING),
        )
        for one in objects_in(data.get("reviewers"))[:_MOST_REVIEWERS]
    )
    return tuple({one.id: one for one in found if one.id}.values())


def _moment_of(data: Mapping[str, JSONValue], name: str) -> datetime | None:
    value = data.get(name)
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if moment is None:
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return aware if aware > EPOCH else None
