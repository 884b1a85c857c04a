"""Reads what an answer is made from; what can not be read is Unknown with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chargehand.connectors.bitbucket.dialect import Dialect
from chargehand.connectors.bitbucket.errors import (
    BitbucketSignInRefused,
    RepositoryMoved,
    unreadable,
)
from chargehand.connectors.bitbucket.seen import SeenCheck, SeenPullRequest, SeenRepository
from chargehand.domain.code import CheckRun, PullRequest, PullRequestRef, Review
from chargehand.domain.diff import Diff
from chargehand.domain.errors import ChargehandError, Retryable
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

_REASONS: Final[Mapping[type[ChargehandError], UnknownReason]] = {
    TargetMissing: UnknownReason.NOT_FOUND,
    CredentialsRefused: UnknownReason.SIGN_IN_REFUSED,
    BitbucketSignInRefused: UnknownReason.SIGN_IN_REFUSED,
    PermissionMissing: UnknownReason.NO_ACCESS,
    ScopeMissing: UnknownReason.NO_ACCESS,
    VendorBusy: UnknownReason.RATE_LIMITED,
    LimitReached: UnknownReason.RATE_LIMITED,
    VendorUnreachable: UnknownReason.UNREACHABLE,
    VendorFailing: UnknownReason.UNREACHABLE,
    VendorAnswerUnreadable: UnknownReason.UNREADABLE,
    RequestRefused: UnknownReason.UNREADABLE,
    RepositoryMoved: UnknownReason.NOT_FOUND,
}
# Their checks cost a request each, so a list tells them of none.
_NOT_READ: Final = Unknown(UnknownReason.NOT_CONFIGURED, "not read for a list of pull requests")


def unknown_from(error: ChargehandError) -> Unknown:
    """What a failed reading means for an answer; the detail is for operators."""
    retry_after_s = error.retry_after_s if isinstance(error, Retryable) else None
    return Unknown(_REASONS[type(error)], str(error), retry_after_s)


@dataclass(frozen=True, slots=True)
class CodeReader:
    """Keeps `plugins.connector.CodeSource` for one Bitbucket."""

    dialect: Dialect

    async def read_pull_request(self, ref: PullRequestRef, *, now: datetime) -> Known[PullRequest]:
        """One pull request with its reviewers and the checks of its newest commit."""
        try:
            found = await self.dialect.pull_request(ref)
            repository = await self.dialect.repository(ref.repository)
            checks = await self._checks(ref, found, now)
            told = _pull_request(ref, found, repository, checks)
        except VENDOR_FAILURES as error:
            return unknown_from(error)
        return Fact(told, told.url, now)

    async def read_diff(self, ref: PullRequestRef, *, now: datetime) -> Known[Diff]:
        """What a pull request changes; of more than a thousand files no paths.

        Shape: the newest commit is read first, so that what is pushed meanwhile is noticed when
        the action is sent.
        """
        try:
            found = await self.dialect.pull_request(ref)
            if not found.head_commit:
                return Unknown(UnknownReason.NOT_FOUND, "the source branch was deleted")
            diff = await self.dialect.diff(ref, found)
        except VENDOR_FAILURES as error:
            return unknown_from(error)
        return Fact(diff, found.url, now)

    async def read_open_pull_requests(
        self, repository: str, *, limit: int, now: datetime
    ) -> Known[tuple[PullRequest, ...]]:
        """The open pull requests of a repository, longest untouched first, at most `limit`."""
        try:
            where = await self.dialect.repository(repository)
            found = await self.dialect.open_pull_requests(repository, limit)
            told = tuple(
                _pull_request(PullRequestRef(repository, one.number), one, where, _NOT_READ)
                for one in found
            )
        except VENDOR_FAILURES as error:
            return unknown_from(error)
        return Fact(told, where.url, now)

    async def may_read(
        self, repository: str, account_id: AccountId, *, now: datetime
    ) -> Known[bool]:
        """Whether an account may read a repository."""
        try:
            where = await self.dialect.repository(repository)
            if where.is_private is False:
                return Fact(value=True, source_url=where.url, read_at=now)
            is_allowed = await self.dialect.may_read(where, account_id)
        except VENDOR_FAILURES as error:
            return unknown_from(error)
        return Fact(is_allowed, where.url, now)

    async def _checks(
        self, ref: PullRequestRef, found: SeenPullRequest, now: datetime
    ) -> Known[tuple[CheckRun, ...]]:
        if not found.head_commit:
            return Unknown(UnknownReason.NOT_FOUND, "the source branch was deleted")
        try:
            checks = await self.dialect.checks(ref, found.head_commit)
        except VENDOR_FAILURES as error:
            return unknown_from(error)
        return Fact(tuple(map(_check, checks)), found.url, now)


def _check(seen: SeenCheck) -> CheckRun:
    return CheckRun(seen.name, seen.state, seen.url)


def _pull_request(
    ref: PullRequestRef,
    found: SeenPullRequest,
    repository: SeenRepository,
    checks: Known[tuple[CheckRun, ...]],
) -> PullRequest:
    """A pull request as the house knows it.

    Raises: VendorAnswerUnreadable when it lacks what every pull request has.
    """
    created_at, updated_at = found.created_at, found.updated_at
    if created_at is None or updated_at is None:
        raise unreadable("show the pull request", "it has no times")
    author = found.author
    return PullRequest(
        ref=ref,
        title=found.title,
        url=found.url,
        state=found.state,
        is_draft=found.is_draft,
        author=Person(author.id, author.name) if author else Person(AccountId(""), ""),
        source_branch=found.source_branch,
        target_branch=found.target_branch,
        head_commit=found.head_commit,
        created_at=created_at,
        updated_at=updated_at,
        reviews=tuple(
            Review(Person(account.id, account.name), state) for account, state in found.reviewers
        ),
        checks=checks,
        # What is not said counts as private: nobody is told on a guess.
        is_private=repository.is_private is not False,
        description=found.description,
    )
