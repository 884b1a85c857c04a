"""Sentences about a work item's pull requests, branches and commits."""

from collections.abc import Sequence
from typing import Final

from chargehand.decisions import catalogue, code_catalogue
from chargehand.decisions.dates import DateWording
from chargehand.decisions.markdown import EXCERPT_LIMIT, code, escape_markdown, link, shown
from chargehand.decisions.section import Inquiry
from chargehand.decisions.told_code import ReadPullRequest
from chargehand.domain.code import CheckState, PullRequest, PullRequestState, ReviewState
from chargehand.domain.fact import Fact, Unknown
from chargehand.domain.reference import Reference, ReferenceKind

_NAMED: Final = 5
_HASH: Final = 10


def pull_request_lines(inquiry: Inquiry) -> tuple[str, ...]:
    """Each pull request with where it stands; what can not be read is said to be unknown."""
    told = inquiry.told.code
    return (
        *(pull_request_line(one, inquiry.wording) for one in told.pull_requests),
        *((code_catalogue.MORE_PULL_REQUESTS.of(told.unread),) if told.unread else ()),
        *((code_catalogue.HIDDEN_PULL_REQUESTS.of(told.hidden),) if told.hidden else ()),
    )


def holding_lines(inquiry: Inquiry) -> tuple[str, ...]:
    """The open pull requests that something holds up, with what does."""
    found = []
    for one in inquiry.told.code.pull_requests:
        known = one.known
        if isinstance(known, Unknown):
            found.append(_unread_line(one, known))
        elif reasons := held_by(known.value):
            found.append(
                code_catalogue.PULL_REQUEST.format(
                    ref=ref_link(one), title=shown(known.value.title), state="; ".join(reasons)
                )
            )
    return tuple(catalogue.BULLET.format(text=one) for one in found)


def reference_lines(inquiry: Inquiry) -> tuple[str, ...]:
    """Branches in one line, the newest commit, and pages in one."""
    told = inquiry.told.code.references
    by_kind = {kind: [one for one in told if one.subject.kind is kind] for kind in ReferenceKind}
    branches = by_kind[ReferenceKind.BRANCH]
    commits = list({one.subject: one for one in by_kind[ReferenceKind.COMMIT]}.values())
    pages = list({one.subject: one for one in by_kind[ReferenceKind.PAGE]}.values())
    return (
        *((code_catalogue.BRANCHES.format(branches=_listed(branches)),) if branches else ()),
        *((_commits_line(commits, inquiry.wording),) if commits else ()),
        *((code_catalogue.PAGES.format(pages=_listed(pages)),) if pages else ()),
    )


def held_by(request: PullRequest) -> tuple[str, ...]:
    """What holds an open pull request up, most telling first; nothing for one that is closed."""
    if request.state is not PullRequestState.OPEN:
        return ()
    asked = _reviewers(request, ReviewState.CHANGES_REQUESTED)
    reasons = [code_catalogue.CHANGES_REQUESTED.format(names=asked)] if asked else []
    reasons += _failing(request)
    if waits_for_review(request):
        names = _reviewers(request, ReviewState.WAITING)
        reasons.append(
            code_catalogue.WAITS_FOR_REVIEW.format(names=names)
            if names
            else code_catalogue.WAITS_FOR_NOBODY
        )
    return tuple(reasons)


def waits_for_review(request: PullRequest) -> bool:
    """Whether an open pull request waits for somebody to look at it."""
    said = {one.state for one in request.reviews}
    is_open = request.state is PullRequestState.OPEN and not request.is_draft
    is_asked = ReviewState.WAITING in said
    is_settled = bool(said & {ReviewState.APPROVED, ReviewState.CHANGES_REQUESTED})
    return is_open and (is_asked or not is_settled)


def state_words(request: PullRequest, wording: DateWording) -> str:
    """Where a pull request stands, in one sentence without its end."""
    if request.state is not PullRequestState.OPEN:
        return code_catalogue.PULL_REQUEST_STATES[request.state]
    state = (
        code_catalogue.DRAFT
        if request.is_draft
        else code_catalogue.PULL_REQUEST_STATES[request.state]
    )
    opened = request.created_at.astimezone(wording.zone).date()
    words = [code_catalogue.OPENED.format(state=state, day=wording.near(opened)), *held_by(request)]
    approved = _reviewers(request, ReviewState.APPROVED)
    if approved:
        words.append(code_catalogue.APPROVED_BY.format(names=approved))
    checks = request.checks
    if isinstance(checks, Unknown):
        words.append(
            code_catalogue.CHECKS_UNKNOWN.format(why=code_catalogue.WHY_CODE_UNKNOWN[checks.reason])
        )
    elif checks.value and not _failing(request):
        words.append(_checks_words([one.state for one in checks.value]))
    return "; ".join(words)


def ref_link(one: ReadPullRequest) -> str:
    """The name of a pull request, leading to it."""
    return link(escape_markdown(str(one.ref)), one.url)


def pull_request_line(one: ReadPullRequest, wording: DateWording) -> str:
    """A pull request with where it stands, or that this is unknown."""
    known = one.known
    if isinstance(known, Unknown):
        return catalogue.BULLET.format(text=_unread_line(one, known))
    request = known.value
    text = code_catalogue.PULL_REQUEST.format(
        ref=ref_link(one), title=shown(request.title), state=state_words(request, wording)
    )
    return catalogue.BULLET.format(text=text)


def _unread_line(one: ReadPullRequest, unknown: Unknown) -> str:
    why = code_catalogue.WHY_CODE_UNKNOWN[unknown.reason]
    return code_catalogue.PULL_REQUEST_UNKNOWN.format(ref=ref_link(one), why=why)


def _failing(request: PullRequest) -> list[str]:
    checks = request.checks.value if isinstance(request.checks, Fact) else ()
    failed = [shown(one.name) for one in checks if one.state is CheckState.FAILED]
    if not failed:
        return []
    named = catalogue.COMMA.join(failed[:_NAMED])
    return [code_catalogue.CHECKS_FAIL.of(len(failed), total=str(len(checks)), names=named)]


def _checks_words(states: Sequence[CheckState]) -> str:
    if CheckState.RUNNING in states:
        return code_catalogue.CHECKS_RUN
    return (
        code_catalogue.ALL_CHECKED if CheckState.PASSED in states else code_catalogue.CHECKS_NEUTRAL
    )


def _reviewers(request: PullRequest, state: ReviewState) -> str:
    names = [shown(one.reviewer.name) for one in request.reviews if one.state is state]
    return catalogue.listed_with_and(names[:_NAMED])


def _listed(references: Sequence[Reference]) -> str:
    return catalogue.COMMA.join(_named(one) for one in references[:_NAMED])


def _named(reference: Reference) -> str:
    subject = reference.subject
    if subject.kind is ReferenceKind.PAGE:
        return link(shown(reference.title or subject.name), reference.url)
    name = link(shown(subject.name), reference.url)
    return code_catalogue.IN_REPOSITORY.format(name=name, repository=shown(subject.place))


def _commits_line(commits: Sequence[Reference], wording: DateWording) -> str:
    last = commits[0]
    return code_catalogue.COMMITS.of(
        len(commits),
        commit=link(code(last.subject.name[:_HASH]), last.url),
        branch=shown(last.branch),
        name=shown(last.author_name),
        moment=wording.moment(last.seen_at),
        excerpt=catalogue.EXCERPT.format(text=shown(last.title, EXCERPT_LIMIT)),
    )
