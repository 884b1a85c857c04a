"""Issues of the REST API: reading, opening, comments, labels, assignees."""

from datetime import datetime
from typing import Any, Final

from chargehand.testing.github import people
from chargehand.testing.github.calls import Answer, Call, Endpoint, page_of
from chargehand.testing.github.code_shapes import permissions_of
from chargehand.testing.github.refusals import GitHubRefused, invalid, not_found
from chargehand.testing.github.state import Comment, Issue, Repository

MOST_CHARS: Final = 65_536
_R: Final = "/repos/{owner}/{repo}"
_I: Final = _R + "/issues/{issue_number}"


def since_of(call: Call) -> datetime | None:
    """The moment a list begins at."""
    text = call.query.get("since")
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise invalid("since") from error


def sorted_by(call: Call, found: list[Any], *, otherwise: str = "created") -> list[Any]:
    """A list in the order it was asked in."""
    key = call.query.get("sort", otherwise)
    is_descending = call.query.get("direction", "desc") == "desc"
    name = "updated_at" if key == "updated" else "created_at"
    return sorted(found, key=lambda one: (getattr(one, name), one.id), reverse=is_descending)


def words_of(call: Call, name: str = "body") -> str:
    """The words of a comment, which GitHub takes up to a length.

    Raises: GitHubRefused.
    """
    text = call.text(name)
    if len(text) > MOST_CHARS:
        raise invalid(name, "custom")
    return text


def list_issues(call: Call) -> Answer:
    """Issues and pull requests, since a moment."""
    repository, since = call.repository(), since_of(call)
    state = call.query.get("state", "open")
    found = [
        one
        for one in repository.issues.values()
        if state in ("all", one.state) and (since is None or one.updated_at >= since)
    ]
    shapes = call.site.shapes
    return page_of(call, sorted_by(call, found), shown=lambda one: shapes.issue(repository, one))


def create_issue(call: Call) -> Answer:
    """Open an issue."""
    repository = call.repository()
    title, body = call.text("title"), call.body.get("body")
    if body is not None and len(body) > MOST_CHARS:
        raise invalid("body", "custom")
    issue = people.open_issue(call.site, repository, author=call.login, title=title, body=body)
    if permissions_of(repository, call.login)["push"]:
        # Of who may not write, GitHub passes both over without a word.
        issue.labels = call.names("labels")
        issue.assignees = _assignable(call, repository, "assignees")
    return Answer(201, call.site.shapes.issue(repository, issue))


def get_issue(call: Call) -> Answer:
    """One issue or pull request."""
    repository = call.repository()
    return Answer(200, call.site.shapes.issue(repository, call.issue(repository)))


def list_comments(call: Call) -> Answer:
    """The comments of an issue, oldest first."""
    repository, since = call.repository(), since_of(call)
    issue = call.issue(repository)
    found = [one for one in issue.comments if since is None or one.updated_at >= since]
    shapes = call.site.shapes
    return page_of(call, found, shown=lambda one: shapes.comment(repository, issue, one))


def list_all_comments(call: Call) -> Answer:
    """The comments of all issues of a repository, since a moment."""
    repository, since = call.repository(), since_of(call)
    on = {
        comment.id: (issue, comment)
        for issue in repository.issues.values()
        for comment in issue.comments
        if since is None or comment.updated_at >= since
    }
    found = sorted_by(call, [comment for _, comment in on.values()])
    shapes = call.site.shapes
    return page_of(call, found, shown=lambda one: shapes.comment(repository, on[one.id][0], one))


def add_comment(call: Call) -> Answer:
    """Comment under an issue or a pull request."""
    repository = call.repository()
    issue = call.issue(repository)
    if issue.is_locked and not permissions_of(repository, call.login)["push"]:
        raise GitHubRefused(403, "Unable to create comment because issue is locked.")
    body = words_of(call)
    made = people.comment_on(call.site, repository, issue.number, author=call.login, body=body)
    return Answer(201, call.site.shapes.comment(repository, issue, made))


def get_comment(call: Call) -> Answer:
    """One comment under an issue."""
    repository, issue, comment = _comment(call)
    return Answer(200, call.site.shapes.comment(repository, issue, comment))


def update_comment(call: Call) -> Answer:
    """Word a comment of one's own anew, or of somebody else with the right to."""
    repository, issue, comment = _comment(call)
    require_author(call, repository, comment)
    body = words_of(call)
    made = people.edit_comment(call.site, repository, comment.id, body=body, editor=call.login)
    return Answer(200, call.site.shapes.comment(repository, issue, made))


def delete_comment(call: Call) -> Answer:
    """Delete a comment of one's own, or of somebody else with the right to."""
    repository, _, comment = _comment(call)
    require_author(call, repository, comment)
    people.delete_comment(call.site, repository, comment.id, deleter=call.login)
    return Answer(204)


def add_labels(call: Call) -> Answer:
    """Put labels on an issue; those that are not known are made."""
    repository = call.repository("push")
    issue = call.issue(repository)
    for name in call.names("labels"):
        if name not in repository.labels:
            repository.labels.append(name)
        if name not in issue.labels:
            issue.labels.append(name)
    return _changed(call, repository, issue, "labeled")


def remove_label(call: Call) -> Answer:
    """Take one label off an issue."""
    repository = call.repository("push")
    issue = call.issue(repository)
    name = call.path["name"]
    if name not in issue.labels:
        raise GitHubRefused(404, "Label does not exist")
    issue.labels.remove(name)
    return _changed(call, repository, issue, "unlabeled")


def add_assignees(call: Call) -> Answer:
    """Assign; who can not be assigned is passed over without a word."""
    repository = call.repository("push")
    issue = call.issue(repository)
    for login in _assignable(call, repository, "assignees"):
        if login not in issue.assignees:
            issue.assignees.append(login)
    _changed(call, repository, issue, "assigned")
    return Answer(201, call.site.shapes.issue(repository, issue))


def remove_assignees(call: Call) -> Answer:
    """Take assignees off."""
    repository = call.repository("push")
    issue = call.issue(repository)
    gone = {one.lower() for one in call.names("assignees")}
    issue.assignees = [one for one in issue.assignees if one.lower() not in gone]
    _changed(call, repository, issue, "unassigned")
    return Answer(200, call.site.shapes.issue(repository, issue))


def can_be_assigned(call: Call) -> Answer:
    """Whether somebody can be assigned."""
    repository = call.repository()
    if call.path["assignee"].lower() not in repository.permissions:
        raise not_found()
    return Answer(204)


def require_author(call: Call, repository: Repository, comment: Comment) -> None:
    """Pass only who wrote a comment, or may do everything.

    Raises: GitHubRefused.
    """
    is_own = comment.author.lower() == call.login.lower()
    if not is_own and not permissions_of(repository, call.login)["admin"]:
        raise GitHubRefused(403, "Must have admin rights to Repository.")


def _comment(call: Call) -> tuple[Repository, Issue, Comment]:
    repository = call.repository()
    issue, comment = people.find_comment(repository, call.number("comment_id"))
    if comment.path:
        raise not_found()
    return repository, issue, comment


def _assignable(call: Call, repository: Repository, name: str) -> list[str]:
    found = [call.site.account(one) for one in call.names(name)]
    return [one.login for one in found if one.login.lower() in repository.permissions]


def _changed(call: Call, repository: Repository, issue: Issue, action: str) -> Answer:
    call.site.touch(issue)
    call.site.tell_issue(repository, issue, action, sender=call.login)
    return Answer(200, [call.site.shapes.label(repository, one) for one in issue.labels])


ENDPOINTS: Final = (
    Endpoint("GET", _R + "/issues", list_issues),
    Endpoint("POST", _R + "/issues", create_issue),
    Endpoint("GET", _R + "/issues/comments", list_all_comments),
    Endpoint("GET", _R + "/issues/comments/{comment_id}", get_comment),
    Endpoint("PATCH", _R + "/issues/comments/{comment_id}", update_comment),
    Endpoint("DELETE", _R + "/issues/comments/{comment_id}", delete_comment),
    Endpoint("GET", _I, get_issue),
    Endpoint("GET", _I + "/comments", list_comments),
    Endpoint("POST", _I + "/comments", add_comment),
    Endpoint("POST", _I + "/labels", add_labels),
    Endpoint("DELETE", _I + "/labels/{name}", remove_label),
    Endpoint("POST", _I + "/assignees", add_assignees),
    Endpoint("DELETE", _I + "/assignees", remove_assignees),
    Endpoint("GET", _R + "/assignees/{assignee}", can_be_assigned),
)
