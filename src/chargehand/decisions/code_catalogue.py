"""Every text about pull requests, branches, commits and pages; see `catalogue` for the rest."""

from typing import Final

from chargehand.decisions.catalogue import Counted
from chargehand.domain.code import PullRequestState, ReviewState
from chargehand.domain.fact import UnknownReason

PULL_REQUEST: Final = "{ref} {title}: {state}"
PULL_REQUEST_UNKNOWN: Final = "{ref}: I do not know how it stands, because {why}"
PULL_REQUEST_STATES: Final = {
    PullRequestState.OPEN: "open",
    PullRequestState.MERGED: "merged",
    PullRequestState.DECLINED: "closed without merging",
}
DRAFT: Final = "draft"
OPENED: Final = "{state} since {day}"
WAITS_FOR_REVIEW: Final = "waits for a review by {names}"
WAITS_FOR_NOBODY: Final = "waits for a review, and nobody is asked for one"
CHANGES_REQUESTED: Final = "{names} asked for changes"
APPROVED_BY: Final = "approved by {names}"
CHECKS_FAIL: Final = Counted(
    "{count} of {total} checks fails ({names})", "{count} of {total} checks fail ({names})"
)
ALL_CHECKED: Final = "checks pass"
CHECKS_RUN: Final = "checks run"
CHECKS_NEUTRAL: Final = "no check speaks for it"
CHECKS_UNKNOWN: Final = "checks unknown, because {why}"
MORE_PULL_REQUESTS: Final = Counted("{count} more pull request", "{count} more pull requests")
HIDDEN_PULL_REQUESTS: Final = Counted(
    "One pull request elsewhere names it, of which I can not tell here.",
    "{count} pull requests elsewhere name it, of which I can not tell here.",
)
HELD_BY_CODE: Final = Counted(
    "{count} pull request of {key} holds it up:", "{count} pull requests of {key} hold it up:"
)
BRANCHES: Final = "Branches: {branches}."
IN_REPOSITORY: Final = "{name} in {repository}"
COMMITS: Final = Counted(
    "One commit, {commit} on {branch} by {name} on {moment}: {excerpt}",
    "{count} commits, the last {commit} on {branch} by {name} on {moment}: {excerpt}",
)
PAGES: Final = "Pages: {pages}."
WHY_CODE_UNKNOWN: Final = {
    UnknownReason.NOT_FOUND: "its host says there is no such thing",
    UnknownReason.NO_ACCESS: "I have no access",
    UnknownReason.SIGN_IN_REFUSED: "its host does not accept my sign-in",
    UnknownReason.NOT_CONFIGURED: "it is not set up",
    UnknownReason.UNREACHABLE: "its host does not answer",
    UnknownReason.RATE_LIMITED: "its host asks me to wait",
    UnknownReason.UNREADABLE: "its host answered in a form I can not read",
}

WHICH_PULL_REQUEST: Final = (
    "Which pull request do you mean? Name it, as in `status acme/payments#12`."
)
WHICH_REPOSITORY: Final = "{ref} of which repository, {names}? Name both, as in `{example}`."
NO_REVIEWER: Final = "Nobody is asked to review {ref}."
REVIEWERS: Final = "Who reviews {ref}:"
REVIEWER: Final = "{name}: {said}"
REVIEWER_SAID: Final = {
    ReviewState.WAITING: "said nothing yet",
    ReviewState.COMMENTED: "commented",
    ReviewState.APPROVED: "approved",
    ReviewState.CHANGES_REQUESTED: "asked for changes",
}
APPROVAL_PROPOSED: Final = "I propose to approve {ref}, as it is now."
ASKER_UNKNOWN_THERE: Final = (
    "I approve {ref} only for somebody whose account there I know: ask me on the pull request, or "
    "have your account there linked to you."
)
OWN_PULL_REQUEST: Final = "You opened {ref} yourself; somebody else has to ask me to approve it."
NOT_TO_BE_APPROVED: Final = "{ref} is not to be approved now: it is {state}."
NOT_APPROVABLE_HERE: Final = "I can not approve {ref}: its host does not tell its newest commit."
NO_REPOSITORY: Final = "I can not find such a repository, or it is not for this conversation."
QUEUE: Final = Counted(
    "{count} open pull request waits for review in {repositories}:",
    "{count} open pull requests wait for review in {repositories}, oldest first:",
)
NOTHING_WAITS: Final = "No open pull request waits for review in {repositories}."
QUEUE_UNKNOWN: Final = "I do not know what waits in {repository}, because {why}."
