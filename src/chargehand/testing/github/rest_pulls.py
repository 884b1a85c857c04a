"""Pull requests of the REST API: reading, comments beside lines, reviewers, reviews."""

from typing import Any, Final

from chargehand.testing.github import people
from chargehand.testing.github.calls import Answer, Call, Endpoint, page_of
from chargehand.testing.github.refusals import GitHubRefused, invalid, not_found
from chargehand.testing.github.rest_issues import (
    require_author,
    since_of,
    sorted_by,
    words_of,
)
from chargehand.testing.github.state import Comment, Issue, Repository

_R: Final = "/repos/{owner}/{repo}"
_P: Final = _R + "/pulls/{pull_number}"
_MOST_FILES: Final = 3_000
_EVENTS: Final = {
    "APPROVE": "APPROVED",
    "REQUEST_CHANGES": "CHANGES_REQUESTED",
    "COMMENT": "COMMENTED",
}


def list_pulls(call: Call) -> Answer:
    """Pull requests of a repository."""
    repository = call.repository()
    state = call.query.get("state", "open")
    found = [one for one in repository.issues.values() if one.pull and state in ("all", one.state)]
    shapes = call.site.shapes
    ordered = sorted_by(call, found)
    return page_of(call, ordered, shown=lambda one: shapes.pull(repository, one, is_whole=False))


def get_pull(call: Call) -> Answer:
    """One pull request, with what only this tells."""
    repository = call.repository()
    issue = call.pull(repository)
    return Answer(200, call.site.shapes.pull(repository, issue, is_whole=True))


def list_files(call: Call) -> Answer:
    """The files a pull request changes, the first 3,000 of them."""
    repository = call.repository()
    issue = call.pull(repository)
    shapes = call.site.shapes
    pull = issue.pull
    found = pull.files[:_MOST_FILES] if pull is not None else []
    commit = pull.head_commit if pull is not None else ""
    return page_of(call, found, shown=lambda one: shapes.file(repository, commit, one))


def list_all_comments(call: Call) -> Answer:
    """The comments beside lines of all pull requests, since a moment."""
    repository, since = call.repository(), since_of(call)
    on = {
        comment.id: issue
        for issue in repository.issues.values()
        if issue.pull is not None
        for comment in issue.pull.line_comments
    }
    found = [
        comment
        for issue in repository.issues.values()
        if issue.pull is not None
        for comment in issue.pull.line_comments
        if since is None or comment.updated_at >= since
    ]
    shapes = call.site.shapes
    ordered = sorted_by(call, found)
    return page_of(
        call, ordered, shown=lambda one: shapes.line_comment(repository, on[one.id], one)
    )


def list_comments(call: Call) -> Answer:
    """The comments beside lines of one pull request."""
    repository, since = call.repository(), since_of(call)
    issue = call.pull(repository)
    lines = issue.pull.line_comments if issue.pull else []
    found = [one for one in lines if since is None or one.updated_at >= since]
    shapes = call.site.shapes
    return page_of(call, found, shown=lambda one: shapes.line_comment(repository, issue, one))


def add_comment(call: Call) -> Answer:
    """Begin a conversation beside a line."""
    repository = call.repository()
    issue = call.pull(repository)
    commit, path, line = call.text("commit_id"), call.text("path"), call.body.get("line")
    if not isinstance(line, int) or line < 1:
        raise invalid("line", "missing_field")
    if issue.pull is None or commit != issue.pull.head_commit:
        raise GitHubRefused(422, "Validation Failed", errors=["commit_id is not part of it"])
    made = people.comment_on_line(
        call.site,
        repository,
        issue.number,
        author=call.login,
        body=words_of(call),
        path=path,
        line=line,
    )
    return Answer(201, call.site.shapes.line_comment(repository, issue, made))


def reply(call: Call) -> Answer:
    """Go on with a conversation beside a line; only its first comment can be answered."""
    repository = call.repository()
    issue = call.pull(repository)
    root = call.number("comment_id")
    first = (
        next((one for one in issue.pull.line_comments if one.id == root), None)
        if issue.pull
        else None
    )
    if first is None or first.root is not None:
        raise not_found()
    made = people.comment_on_line(
        call.site,
        repository,
        issue.number,
        author=call.login,
        body=words_of(call),
        in_reply_to=root,
    )
    return Answer(201, call.site.shapes.line_comment(repository, issue, made))


def get_comment(call: Call) -> Answer:
    """One comment beside a line."""
    repository, issue, comment = _comment(call)
    return Answer(200, call.site.shapes.line_comment(repository, issue, comment))


def update_comment(call: Call) -> Answer:
    """Word a comment beside a line anew."""
    repository, issue, comment = _comment(call)
    require_author(call, repository, comment)
    body = words_of(call)
    made = people.edit_comment(call.site, repository, comment.id, body=body, editor=call.login)
    return Answer(200, call.site.shapes.line_comment(repository, issue, made))


def delete_comment(call: Call) -> Answer:
    """Delete a comment beside a line."""
    repository, _, comment = _comment(call)
    require_author(call, repository, comment)
    people.delete_comment(call.site, repository, comment.id, deleter=call.login)
    return Answer(204)


def request_reviewers(call: Call) -> Answer:
    """Ask people to review; neither the author nor strangers can be asked."""
    repository = call.repository("push")
    issue = call.pull(repository)
    wanted = [call.site.account(one).login for one in call.names("reviewers")]
    for login in wanted:
        if login.lower() not in repository.permissions or login == issue.author:
            message = "Reviews may only be requested from collaborators."
            raise GitHubRefused(422, message)
    if issue.pull is not None:
        issue.pull.reviewers.extend(one for one in wanted if one not in issue.pull.reviewers)
    return _changed(call, repository, issue, "review_requested", status=201)


def remove_reviewers(call: Call) -> Answer:
    """Ask people no longer."""
    repository = call.repository("push")
    issue = call.pull(repository)
    gone = {one.lower() for one in call.names("reviewers")}
    if issue.pull is not None:
        issue.pull.reviewers = [one for one in issue.pull.reviewers if one.lower() not in gone]
    return _changed(call, repository, issue, "review_request_removed", status=200)


def list_reviews(call: Call) -> Answer:
    """The reviews of a pull request, oldest first."""
    repository = call.repository()
    issue = call.pull(repository)
    found = issue.pull.reviews if issue.pull else []
    shapes = call.site.shapes
    return page_of(call, found, shown=lambda one: shapes.review(repository, issue, one))


def add_review(call: Call) -> Answer:
    """Hand in a review; nobody approves their own pull request."""
    repository = call.repository()
    issue = call.pull(repository)
    state = _EVENTS.get(str(call.body.get("event")))
    if state is None:
        raise invalid("event")
    if state != "COMMENTED" and issue.author.lower() == call.login.lower():
        raise GitHubRefused(422, "Can not approve your own pull request")
    commit = call.body.get("commit_id")
    if commit is not None and issue.pull is not None and commit != issue.pull.head_commit:
        raise GitHubRefused(422, "The commit is not the newest one")
    body = str(call.body.get("body") or "")
    made = people.review(
        call.site, repository, issue.number, author=call.login, state=state, body=body
    )
    return Answer(200, call.site.shapes.review(repository, issue, made))


def dismiss_review(call: Call) -> Answer:
    """Take a verdict back."""
    repository = call.repository("push")
    issue = call.pull(repository)
    call.text("message")
    made = people.dismiss(
        call.site, repository, issue.number, call.number("review_id"), dismisser=call.login
    )
    return Answer(200, call.site.shapes.review(repository, issue, made))


def _comment(call: Call) -> tuple[Repository, Issue, Comment]:
    repository = call.repository()
    issue, comment = people.find_comment(repository, call.number("comment_id"))
    if not comment.path:
        raise not_found()
    return repository, issue, comment


def _changed(
    call: Call, repository: Repository, issue: Issue, action: str, *, status: int
) -> Answer:
    call.site.touch(issue)
    more: dict[str, Any] = {}
    call.site.tell_issue(repository, issue, action, sender=call.login, **more)
    return Answer(status, call.site.shapes.pull(repository, issue, is_whole=False))


ENDPOINTS: Final = (
    Endpoint("GET", _R + "/pulls", list_pulls),
    Endpoint("GET", _R + "/pulls/comments", list_all_comments),
    Endpoint("GET", _R + "/pulls/comments/{comment_id}", get_comment),
    Endpoint("PATCH", _R + "/pulls/comments/{comment_id}", update_comment),
    Endpoint("DELETE", _R + "/pulls/comments/{comment_id}", delete_comment),
    Endpoint("GET", _P, get_pull),
    Endpoint("GET", _P + "/comments", list_comments),
    Endpoint("GET", _P + "/files", list_files),
    Endpoint("POST", _P + "/comments", add_comment),
    Endpoint("POST", _P + "/comments/{comment_id}/replies", reply),
    Endpoint("POST", _P + "/requested_reviewers", request_reviewers),
    Endpoint("DELETE", _P + "/requested_reviewers", remove_reviewers),
    Endpoint("GET", _P + "/reviews", list_reviews),
    Endpoint("POST", _P + "/reviews", add_review),
    Endpoint("PUT", _P + "/reviews/{review_id}/dismissals", dismiss_review),
)
