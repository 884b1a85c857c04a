"""What people do on the fake GitHub: they write, push, review, and repositories' robots check."""

from collections.abc import Sequence
from datetime import datetime

from chargehand.testing.github.refusals import ControlRefused, not_found
from chargehand.testing.github.site import Site, commit_of
from chargehand.testing.github.state import (
    ChangedFile,
    CheckRun,
    Comment,
    Issue,
    Pull,
    Push,
    Repository,
    Review,
    Run,
    Status,
    Workflow,
)


def open_issue(
    site: Site, repository: Repository, *, author: str, title: str, body: str | None = None
) -> Issue:
    """Somebody opens an issue."""
    issue = _issue(site, repository, author, title, body)
    repository.issues[issue.number] = issue
    site.tell_issue(repository, issue, "opened", sender=author)
    return issue


def open_pull(
    site: Site,
    repository: Repository,
    *,
    author: str,
    title: str,
    branch: str,
    body: str | None = None,
    reviewers: tuple[str, ...] = (),
    fork: str | None = None,
    changed_files: int = 1,
    files: Sequence[ChangedFile] = (),
) -> Issue:
    """Somebody opens a pull request, from a branch of the repository or of a fork."""
    commit = commit_of(site.next_id())
    if fork is None:
        repository.branches[branch] = commit
    issue = _issue(site, repository, author, title, body)
    issue.pull = Pull(
        head=branch,
        head_commit=commit,
        base="main",
        base_commit=repository.branches["main"],
        head_repository=fork or repository.full_name,
        reviewers=[site.account(one).login for one in reviewers],
        changed_files=len(files) or changed_files,
        files=[*files],
    )
    repository.issues[issue.number] = issue
    site.tell_issue(repository, issue, "opened", sender=author)
    return issue


def push(
    site: Site,
    repository: Repository,
    branch: str,
    *,
    author: str,
    is_forced: bool = False,
    message: str = "",
) -> str:
    """Somebody pushes one commit; pull requests from the branch move along."""
    before = repository.branches.get(branch, "0" * 40)
    after = repository.branches[branch] = commit_of(site.next_id())
    message = message or f"Change {branch}"
    pushed = _note_push(
        site, repository, branch, before, after, author=author, message=message, is_forced=is_forced
    )
    _tell_push(site, repository, pushed)
    for issue in repository.issues.values():
        if issue.pull is not None and issue.pull.head == branch and issue.state == "open":
            issue.pull.head_commit = after
            site.touch(issue)
            site.tell_issue(
                repository, issue, "synchronize", sender=author, before=before, after=after
            )
    return after


def delete_branch(site: Site, repository: Repository, branch: str, *, author: str) -> None:
    """Somebody deletes a branch."""
    before = repository.branches.pop(branch)
    pushed = _note_push(site, repository, branch, before, "0" * 40, author=author, message="")
    _tell_push(site, repository, pushed)


def push_tag(site: Site, repository: Repository, tag: str, *, author: str) -> str:
    """Somebody pushes a tag, or moves it to a new commit; the history of branches has none."""
    before = repository.tags.get(tag, "0" * 40)
    after = repository.tags[tag] = commit_of(site.next_id())
    login = site.account(author).login
    is_moved = set(before) != {"0"}
    pushed = Push(
        site.next_id(), f"refs/tags/{tag}", before, after, login, site.now(), "", is_moved
    )
    _tell_push(site, repository, pushed)
    return after


def delete_tag(site: Site, repository: Repository, tag: str, *, author: str) -> None:
    """Somebody deletes a tag."""
    before = repository.tags.pop(tag)
    login = site.account(author).login
    ref, at = f"refs/tags/{tag}", site.now()
    _tell_push(site, repository, Push(site.next_id(), ref, before, "0" * 40, login, at, ""))


def comment_on(
    site: Site, repository: Repository, number: int, *, author: str, body: str
) -> Comment:
    """Somebody comments under an issue or a pull request."""
    issue = site.issue(repository, number)
    now = site.now()
    made = Comment(site.next_id(), site.account(author).login, body, now, now)
    issue.comments.append(made)
    site.touch(issue)
    site.tell_comment(repository, issue, made, "created", sender=author)
    return made


def comment_on_line(
    site: Site,
    repository: Repository,
    number: int,
    *,
    author: str,
    body: str,
    path: str = "README.md",
    line: int = 1,
    in_reply_to: int | None = None,
    drafted_at: datetime | None = None,
) -> Comment:
    """Somebody comments beside a line; `drafted_at` is when, if the review was handed in later."""
    issue = site.issue(repository, number)
    if issue.pull is None:
        raise not_found()
    now = site.now()
    known = {one.id: one for one in issue.pull.line_comments}
    if in_reply_to is not None and in_reply_to not in known:
        raise not_found()
    first = known.get(in_reply_to or 0)
    made = Comment(
        site.next_id(),
        site.account(author).login,
        body,
        drafted_at or now,
        now,
        path=first.path if first else path,
        line=first.line if first else line,
        commit=issue.pull.head_commit,
        root=None if first is None else first.root or first.id,
    )
    issue.pull.line_comments.append(made)
    site.touch(issue)
    site.tell_comment(repository, issue, made, "created", sender=author)
    return made


def find_comment(repository: Repository, comment_id: int) -> tuple[Issue, Comment]:
    """A comment of either kind, and what it stands on.

    Raises: GitHubRefused.
    """
    for issue in repository.issues.values():
        lines = issue.pull.line_comments if issue.pull else []
        for comment in (*issue.comments, *lines):
            if comment.id == comment_id:
                return issue, comment
    raise not_found()


def edit_comment(
    site: Site, repository: Repository, comment_id: int, *, body: str, editor: str | None = None
) -> Comment:
    """Somebody changes a comment."""
    issue, comment = find_comment(repository, comment_id)
    comment.body, comment.updated_at = body, site.now()
    site.touch(issue)
    site.tell_comment(repository, issue, comment, "edited", sender=editor or comment.author)
    return comment


def delete_comment(site: Site, repository: Repository, comment_id: int, *, deleter: str) -> None:
    """Somebody deletes a comment."""
    issue, comment = find_comment(repository, comment_id)
    for comments in (issue.comments, issue.pull.line_comments if issue.pull else []):
        if comment in comments:
            comments.remove(comment)
    site.touch(issue)
    site.tell_comment(repository, issue, comment, "deleted", sender=deleter)


def review(
    site: Site, repository: Repository, number: int, *, author: str, state: str, body: str = ""
) -> Review:
    """Somebody reviews; `state` is APPROVED, CHANGES_REQUESTED or COMMENTED."""
    issue = site.issue(repository, number)
    if issue.pull is None:
        raise not_found()
    login, commit = site.account(author).login, issue.pull.head_commit
    made = Review(site.next_id(), login, body, state, commit, site.now())
    issue.pull.reviews.append(made)
    issue.pull.reviewers = [one for one in issue.pull.reviewers if one != login]
    site.touch(issue)
    tell_review(site, repository, issue, made, "submitted", sender=author)
    return made


def dismiss(
    site: Site, repository: Repository, number: int, review_id: int, *, dismisser: str
) -> Review:
    """Somebody takes a verdict back."""
    issue = site.issue(repository, number)
    reviews = issue.pull.reviews if issue.pull else []
    found = next((one for one in reviews if one.id == review_id), None)
    if found is None:
        raise not_found()
    found.state = "DISMISSED"
    site.touch(issue)
    tell_review(site, repository, issue, found, "dismissed", sender=dismisser)
    return found


def tell_review(
    site: Site, repository: Repository, issue: Issue, made: Review, action: str, *, sender: str
) -> None:
    """Tell of a review, whose verdict webhooks have in small letters."""
    shown = site.shapes.review(repository, issue, made)
    parts = {
        "review": {**shown, "state": made.state.lower()},
        "pull_request": site.shapes.pull(repository, issue, is_whole=False),
    }
    site.tell(repository, "pull_request_review", action, parts, sender=sender)


def close(
    site: Site, repository: Repository, number: int, *, closer: str, is_merged: bool = False
) -> Issue:
    """Somebody closes an issue or pull request, or merges the latter."""
    issue = site.issue(repository, number)
    issue.state, issue.closed_at = "closed", site.now()
    if issue.pull is not None and is_merged:
        issue.pull.merged_at = site.now()
    site.touch(issue)
    site.tell_issue(repository, issue, "closed", sender=closer)
    return issue


def complete_check(
    site: Site, repository: Repository, commit: str, *, name: str, conclusion: str
) -> CheckRun:
    """A check of a commit ends."""
    made = CheckRun(site.next_id(), name, commit, "completed", conclusion, site.now())
    repository.checks.append(made)
    parts = {"check_run": site.shapes.check(repository, made)}
    site.tell(repository, "check_run", "completed", parts, sender="github-actions[bot]")
    return made


def report_status(
    site: Site, repository: Repository, commit: str, *, context: str, state: str
) -> Status:
    """Somebody reports how a commit stands."""
    made = Status(site.next_id(), context, commit, state, site.now())
    repository.statuses.append(made)
    parts = {**site.shapes.status(made), "sha": commit, "branches": []}
    site.tell(repository, "status", "", parts, sender="builder")
    return made


def start_run(
    site: Site,
    repository: Repository,
    workflow: Workflow,
    *,
    actor: str,
    branch: str,
    inputs: dict[str, str],
) -> Run:
    """A run of a workflow that was dispatched; its title is what the workflow makes of inputs."""
    title = workflow.run_name or workflow.name
    for name, value in inputs.items():
        title = title.replace(f"${{{{ inputs.{name} }}}}", value)
    commit, now = repository.branches[branch], site.now()
    login = site.account(actor).login
    run = Run(
        site.next_id(), workflow.id, title, "workflow_dispatch", branch, commit, login, now, now
    )
    repository.runs.append(run)
    site.tell_run(repository, workflow, run, "requested")
    return run


def complete_run(site: Site, repository: Repository, run_id: int, *, conclusion: str) -> Run:
    """A run ends.

    Raises: ControlRefused.
    """
    run = next((one for one in repository.runs if one.id == run_id), None)
    if run is None:
        raise ControlRefused(detail=f"run: {run_id} is not there")
    run.status, run.conclusion, run.updated_at = "completed", conclusion, site.now()
    workflow = next(one for one in repository.workflows if one.id == run.workflow_id)
    site.tell_run(repository, workflow, run, "completed")
    return run


def remove_installation(site: Site, *, is_suspended: bool) -> None:
    """Somebody takes the App away, or suspends it."""
    site.state.is_suspended, site.state.is_removed = is_suspended, not is_suspended
    site.state.installation_tokens.clear()
    action = "suspend" if is_suspended else "deleted"
    payload = {"action": action, "installation": {"id": 1}, "sender": site.shapes.user("admin")}
    site.sender.send("installation", payload, ())


def _issue(site: Site, repository: Repository, author: str, title: str, body: str | None) -> Issue:
    now = site.now()
    return Issue(
        site.next_number(repository),
        site.next_id(),
        title,
        body,
        site.account(author).login,
        now,
        now,
    )


def _note_push(
    site: Site,
    repository: Repository,
    branch: str,
    before: str,
    after: str,
    *,
    author: str,
    message: str,
    is_forced: bool = False,
) -> Push:
    login, ref = site.account(author).login, f"refs/heads/{branch}"
    made = Push(site.next_id(), ref, before, after, login, site.now(), message, is_forced)
    repository.pushes.append(made)
    return made


def _tell_push(site: Site, repository: Repository, pushed: Push) -> None:
    is_deleted = set(pushed.after) == {"0"}
    commit = {
        "id": pushed.after,
        "message": pushed.message,
        "url": f"{site.base_url}/{repository.full_name}/commit/{pushed.after}",
        "author": {"name": pushed.actor, "username": pushed.actor},
    }
    parts = {
        "ref": pushed.ref,
        "before": pushed.before,
        "after": pushed.after,
        "created": set(pushed.before) == {"0"},
        "deleted": is_deleted,
        "forced": pushed.is_forced,
        "compare": f"{site.base_url}/{repository.full_name}/compare",
        "commits": [] if is_deleted else [commit],
        "head_commit": None if is_deleted else commit,
        "pusher": {"name": pushed.actor},
    }
    site.tell(repository, "push", "", parts, sender=pushed.actor)
