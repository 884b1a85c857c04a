"""Reads pull requests with their reviewers and checks; what can not be read is unknown."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from chargehand.connectors.github.answers import (
    CheckAnswer,
    CombinedStatusAnswer,
    PermissionAnswer,
    PullAnswer,
    RepositoryAnswer,
    ReviewAnswer,
    UserAnswer,
    github_time,
)
from chargehand.connectors.github.api import GitHubAPI
from chargehand.connectors.github.transport import Call, convert, path_of
from chargehand.domain.code import (
    CheckRun,
    CheckState,
    PullRequest,
    PullRequestRef,
    PullRequestState,
    Review,
    ReviewState,
)
from chargehand.domain.errors import ChargehandError
from chargehand.domain.fact import Fact, Known, Unknown, UnknownReason
from chargehand.domain.ids import AccountId
from chargehand.domain.work_item import Person
from chargehand.plugins.errors import (
    CredentialsRefused,
    LimitReached,
    PermissionMissing,
    RequestRefused,
    ScopeMissing,
    TargetMissing,
    VendorAnswerUnreadable,
    VendorBusy,
    VendorFailing,
    VendorUnreachable,
)
from chargehand.plugins.outcomes import VENDOR_FAILURES

T = TypeVar("T")
_PULL: Final = "read a pull request"
_LIST: Final = "list pull requests"
_WHO: Final = "tell who may read a repository"
_MOST_PAGES: Final = 10
_DESCRIPTION_CHARS: Final = 4_000
_REASONS: Final[Mapping[type[ChargehandError], UnknownReason]] = {
    CredentialsRefused: UnknownReason.SIGN_IN_REFUSED,
    TargetMissing: UnknownReason.NOT_FOUND,
    PermissionMissing: UnknownReason.NO_ACCESS,
    ScopeMissing: UnknownReason.NO_ACCESS,
    LimitReached: UnknownReason.RATE_LIMITED,
    VendorBusy: UnknownReason.RATE_LIMITED,
    VendorUnreachable: UnknownReason.UNREACHABLE,
    VendorFailing: UnknownReason.UNREACHABLE,
    VendorAnswerUnreadable: UnknownReason.UNREADABLE,
    RequestRefused: UnknownReason.UNREADABLE,
}
_VERDICTS: Final[Mapping[str, ReviewState]] = {
    "APPROVED": ReviewState.APPROVED,
    "CHANGES_REQUESTED": ReviewState.CHANGES_REQUESTED,
    "COMMENTED": ReviewState.COMMENTED,
}
_STATES: Final[Mapping[str, CheckState]] = {
    "success": CheckState.PASSED,
    "failure": CheckState.FAILED,
    "error": CheckState.FAILED,
    "timed_out": CheckState.FAILED,
    "startup_failure": CheckState.FAILED,
    "action_required": CheckState.FAILED,
    "pending": CheckState.RUNNING,
}
_NOT_LISTED: Final = Unknown(UnknownReason.NOT_CONFIGURED, "not asked for in a list")


@dataclass(frozen=True, slots=True)
class CodeReader:
    """Keeps `plugins.connector.CodeSource` for one GitHub connection."""

    api: GitHubAPI

    async def read_pull_request(self, ref: PullRequestRef, *, now: datetime) -> Known[PullRequest]:
        """One pull request with its reviewers and the checks of its newest commit.

        Its files are never asked for, however many they are.
        """
        try:
            pull = await self._pull(ref)
            repository, reviews, checks = await asyncio.gather(
                self._repository(ref.repository),
                self._reviews(ref),
                self._checks(ref.repository, pull, now=now),
            )
            found = _pull_request(ref.repository, pull, reviews, checks, repository)
        except VENDOR_FAILURES as error:
            return unknown_of(error)
        return Fact(found, pull.html_url, now)

    async def read_open_pull_requests(
        self, repository: str, *, limit: int, now: datetime
    ) -> Known[tuple[PullRequest, ...]]:
        """The open pull requests of a repository, longest untouched first, at most `limit`.

        Shape: their checks are Unknown, and of their reviewers those are told who were asked and
        did not answer; reading more costs requests for each.
        """
        path = path_of("repos", repository, "pulls")
        query = {"state": "open", "sort": "updated", "direction": "asc"}
        pages = min(_MOST_PAGES, 1 + limit // 100)
        try:
            known, raw = await asyncio.gather(
                self._repository(repository),
                self.api.items(Call("GET", path, _LIST, repository, query), most=pages),
            )
            pulls = convert(raw[:limit], list[PullAnswer], operation=_LIST)
            found = tuple(_pull_request(repository, pull, (), _NOT_LISTED, known) for pull in pulls)
        except VENDOR_FAILURES as error:
            return unknown_of(error)
        return Fact(found, f"{known.html_url}/pulls", now)

    async def may_read(
        self, repository: str, account_id: AccountId, *, now: datetime
    ) -> Known[bool]:
        """Whether an account of the host may read a repository."""
        path = path_of("repos", repository, "collaborators", account_id, "permission")
        try:
            known = await self._repository(repository)
            if not known.private:
                return Fact(value=True, source_url=known.html_url, read_at=now)
            answer = await self.api.get(Call("GET", path, _WHO, f"account {account_id}"))
        except TargetMissing as error:
            return Unknown(UnknownReason.NOT_FOUND, str(error))
        except VENDOR_FAILURES as error:
            return unknown_of(error)
        told = convert(answer.data, PermissionAnswer, operation=_WHO)
        may = told.permission not in ("", "none")
        return Fact(value=may, source_url=known.html_url, read_at=now)

    async def _pull(self, ref: PullRequestRef) -> PullAnswer:
        path = path_of("repos", ref.repository, "pulls", ref.number)
        answer = await self.api.get(Call("GET", path, _PULL, str(ref)))
        return convert(answer.data, PullAnswer, operation=_PULL)

    async def _repository(self, full_name: str) -> RepositoryAnswer:
        call = Call("GET", path_of("repos", full_name), "read a repository", full_name)
        return convert((await self.api.get(call)).data, RepositoryAnswer, operation=call.operation)

    async def _reviews(self, ref: PullRequestRef) -> Sequence[ReviewAnswer]:
        path = path_of("repos", ref.repository, "pulls", ref.number, "reviews")
        raw = await self.api.items(Call("GET", path, "read reviews", str(ref)), most=_MOST_PAGES)
        return convert(raw, list[ReviewAnswer], operation="read reviews")

    async def _checks(
        self, repository: str, pull: PullAnswer, *, now: datetime
    ) -> Known[tuple[CheckRun, ...]]:
        what = "read checks"
        commit = path_of("repos", repository, "commits", pull.head.sha)
        runs = Call("GET", f"{commit}/check-runs", what, repository, {"filter": "latest"})
        try:
            raw, status = await asyncio.gather(
                self.api.items(runs, most=_MOST_PAGES, inside="check_runs"),
                self.api.get(Call("GET", f"{commit}/status", what, repository)),
            )
            checks = convert(raw, list[CheckAnswer], operation=what)
            told = convert(status.data, CombinedStatusAnswer, operation=what)
        except VENDOR_FAILURES as error:
            return unknown_of(error)
        found = [
            *(CheckRun(one.name, _state_of(one), one.html_url or "") for one in checks),
            *(
                CheckRun(
                    one.context,
                    _STATES.get(one.state, CheckState.NEUTRAL),
                    one.target_url or "",
                )
                for one in told.statuses
            ),
        ]
        return Fact(tuple(found), f"{pull.html_url}/checks", now)


def unknown_of(error: ChargehandError) -> Unknown:
    """Why something could not be read."""
    for kind in type(error).__mro__:
        if reason := _REASONS.get(kind):
            wait_s = error.fields.get("retry_after_s")
            after_s = float(wait_s) if isinstance(wait_s, int | float) else None
            return Unknown(reason, str(error), after_s)
    return Unknown(UnknownReason.UNREADABLE, str(error))


def reviews_of(pull: PullAnswer, reviews: Sequence[ReviewAnswer]) -> tuple[Review, ...]:
    """Each reviewer once, with what they last said; asked again, they are waited for."""
    said: dict[str, Review] = {}
    author = _person(pull.user).account_id
    for review in reviews:
        person = _person(review.user)
        if person.account_id == author:
            continue
        if review.state == "DISMISSED":
            said.pop(person.account_id, None)
        elif verdict := _VERDICTS.get(review.state):
            before = said.get(person.account_id)
            # A comment takes no verdict back.
            if before is None or verdict is not ReviewState.COMMENTED:
                said[person.account_id] = Review(person, verdict)
    for asked in pull.requested_reviewers:
        person = _person(asked)
        said[person.account_id] = Review(person, ReviewState.WAITING)
    return tuple(said.values())


def _pull_request(
    repository: str,
    pull: PullAnswer,
    reviews: Sequence[ReviewAnswer],
    checks: Known[tuple[CheckRun, ...]],
    known: RepositoryAnswer,
) -> PullRequest:
    state = PullRequestState.OPEN
    if pull.merged_at is not None:
        state = PullRequestState.MERGED
    elif pull.state == "closed":
        state = PullRequestState.DECLINED
    return PullRequest(
        ref=PullRequestRef(repository, pull.number),
        title=pull.title,
        url=pull.html_url,
        state=state,
        is_draft=pull.draft,
        author=_person(pull.user),
        source_branch=pull.head.ref,
        target_branch=pull.base.ref,
        head_commit=pull.head.sha,
        created_at=github_time(pull.created_at, operation=_PULL),
        updated_at=github_time(pull.updated_at, operation=_PULL),
        reviews=reviews_of(pull, reviews),
        checks=checks,
        is_private=known.private,
        is_mergeable=pull.mergeable,
        description=(pull.body or "")[:_DESCRIPTION_CHARS],
    )


def _person(user: UserAnswer | None) -> Person:
    # Whoever left GitHub is shown as ghost.
    login = user.login if user is not None and user.login else "ghost"
    return Person(AccountId(login.lower()), login)


def _state_of(check: CheckAnswer) -> CheckState:
    if check.status != "completed":
        return CheckState.RUNNING
    return _STATES.get(check.conclusion or "", CheckState.NEUTRAL)
