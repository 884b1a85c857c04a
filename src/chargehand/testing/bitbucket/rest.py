"""Bitbucket Cloud's REST API, version 2.0, as far as the connector uses it."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

from chargehand.testing.bitbucket.host import Host, NotThere
from chargehand.testing.bitbucket.records import Person, PullRequest, Repository
from chargehand.testing.bitbucket.refusals import BitbucketRefused
from chargehand.testing.bitbucket.shapes import CloudShapes

Object = dict[str, Any]
_DEFAULT_PAGE: Final = 10
_MOST: Final = 100
_SINCE: Final = re.compile(r"(created_on|updated_on)>=([0-9T:.+-]+)")
_STATE: Final = re.compile(r'state="([A-Z]+)"')
_USER: Final = re.compile(r'user\.(account_id|uuid)="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Call:
    """One request behind the sign-in; `url` is its address without the query."""

    host: Host
    shapes: CloudShapes
    caller: Person
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    url: str

    def repository(self) -> Repository:
        """The repository in the path.

        Raises: BitbucketRefused: moved, or not there for the caller.
        """
        name = f"{self.path['workspace']}/{self.path['slug']}"
        moved_to = self.host.state.renamed.get(name)
        if moved_to is not None and name not in self.host.state.repositories:
            raise BitbucketRefused(301, "Moved", moved_to=moved_to)
        found = self.host.state.repositories.get(name)
        if found is None or (found.is_private and self.caller.slug not in found.readers):
            raise BitbucketRefused(404, f"Repository {name} not found")
        return found

    def pull_request(self) -> tuple[Repository, PullRequest]:
        """The pull request in the path.

        Raises: BitbucketRefused.
        """
        repository = self.repository()
        found = repository.pull_requests.get(int(self.path["number"]))
        if found is None:
            raise BitbucketRefused(404, "Pull request not found")
        return repository, found

    def json(self) -> Object:
        """The body.

        Raises: BitbucketRefused for what is no object.
        """
        try:
            found = json.loads(self.body)
        except ValueError as error:
            raise BitbucketRefused(400, "The body is no JSON") from error
        if not isinstance(found, dict):
            raise BitbucketRefused(400, "The body must be an object")
        return found

    def page(self, values: Sequence[Object]) -> Object:
        """One page of a list, with the address of the next one."""
        size = min(int(self.query.get("pagelen", _DEFAULT_PAGE)), _MOST)
        number = int(self.query.get("page", "1"))
        start = (number - 1) * size
        found: Object = {
            "size": len(values),
            "page": number,
            "pagelen": size,
            "values": list(values[start : start + size]),
        }
        if start + size < len(values):
            following = urlencode({**self.query, "page": number + 1})
            found["next"] = f"{self.url}?{following}"
        return found


Answer: TypeAlias = tuple[int, Object | None]
Handler: TypeAlias = Callable[[Call], Answer]
_REPOSITORY: Final = "/2.0/repositories/{workspace}/{slug}"
_PULL: Final = f"{_REPOSITORY}/pullrequests/{{number:int}}"


def get_user(call: Call) -> Answer:
    """Who signed in; an access token may not ask."""
    if call.caller.is_app:
        raise BitbucketRefused(403, "This API is only accessible to users", required=("account",))
    return 200, call.shapes.person(call.caller)


def get_account(call: Call) -> Answer:
    """Somebody by Atlassian account or by uuid."""
    if call.caller.is_app:
        raise BitbucketRefused(403, "This API is only accessible to users", required=("account",))
    wanted = call.path["user"]
    for one in call.host.people():
        if wanted in (one.account_id, one.uuid) and not one.is_deleted and not one.is_app:
            return 200, {**call.shapes.person(one), "account_status": one.status}
    raise BitbucketRefused(404, f"{wanted} is not a user.")


def get_repository(call: Call) -> Answer:
    """One repository."""
    return 200, call.shapes.repository(call.repository())


def list_pull_requests(call: Call) -> Answer:
    """The pull requests that are asked for."""
    repository = call.repository()
    wanted = call.query.get("q", "")
    states = set(_STATE.findall(wanted)) or {call.query.get("state", "OPEN")}
    since = _since(wanted)
    found = [
        one
        for one in repository.pull_requests.values()
        if one.state in states and (since is None or one.updated_at >= since)
    ]
    found.sort(key=lambda one: one.updated_at, reverse=call.query.get("sort") != "updated_on")
    with_people = "participants" in call.query.get("fields", "")
    return 200, call.page(
        [call.shapes.pull_request(repository, one, with_people=with_people) for one in found]
    )


def get_pull_request(call: Call) -> Answer:
    """One pull request."""
    return 200, call.shapes.pull_request(*call.pull_request())


def put_pull_request(call: Call) -> Answer:
    """Another title, other reviewers; the author can not be one."""
    repository, pull_request = call.pull_request()
    body = call.json()
    if not body.get("title"):
        raise BitbucketRefused(400, "title: this field is required")
    if pull_request.state != "OPEN":
        raise BitbucketRefused(400, "You can only edit an open pull request.")
    if "reviewers" in body:
        people = [_person(call, one) for one in body["reviewers"]]
        if any(one.slug == pull_request.author for one in people):
            raise BitbucketRefused(400, "reviewers: the author can not review the pull request")
        slugs = [one.slug for one in people]
        call.host.set_reviewers(repository.full_name, pull_request.number, call.caller.slug, slugs)
    return 200, call.shapes.pull_request(repository, pull_request)


def list_comments(call: Call) -> Answer:
    """The comments of a pull request."""
    repository, pull_request = call.pull_request()
    wanted = call.query.get("q", "")
    since, field = _since(wanted), "updated_at" if "updated_on" in wanted else "created_at"
    found = [
        one
        for one in pull_request.comments.values()
        if since is None or getattr(one, field) >= since
    ]
    return 200, call.page([call.shapes.comment(repository, pull_request, one) for one in found])


def post_comment(call: Call) -> Answer:
    """A comment, where it is asked for."""
    repository, pull_request = call.pull_request()
    body = call.json()
    raw = body.get("content", {}).get("raw")
    if not isinstance(raw, str) or not raw.strip():
        raise BitbucketRefused(400, "content.raw: this field is required")
    inline = body.get("inline") or {}
    try:
        comment = call.host.comment(
            repository.full_name,
            pull_request.number,
            call.caller.slug,
            text=raw,
            parent=(body.get("parent") or {}).get("id"),
            path=inline.get("path"),
            line=inline.get("to"),
        )
    except NotThere as error:
        raise BitbucketRefused(400, "parent: no such comment") from error
    return 201, call.shapes.comment(repository, pull_request, comment)


def get_comment(call: Call) -> Answer:
    """One comment; a deleted one that was answered is told as deleted."""
    repository, pull_request = call.pull_request()
    found = pull_request.comments.get(int(call.path["comment"]))
    is_gone = found is None or (
        found.is_deleted and not call.host.answers_to(pull_request, found.id)
    )
    if found is None or is_gone:
        raise BitbucketRefused(404, "Comment not found")
    return 200, call.shapes.comment(repository, pull_request, found)


def put_comment(call: Call) -> Answer:
    """Another text for a comment of one's own."""
    repository, pull_request = call.pull_request()
    found = call.host.live_comment(pull_request, int(call.path["comment"]))
    raw = call.json().get("content", {}).get("raw")
    if found is None:
        raise BitbucketRefused(404, "Comment not found")
    if found.author != call.caller.slug:
        raise BitbucketRefused(403, "You can only edit your own comments")
    if not isinstance(raw, str) or not raw.strip():
        raise BitbucketRefused(400, "content.raw: this field is required")
    call.host.edit_comment(repository.full_name, pull_request.number, found.id, raw)
    return 200, call.shapes.comment(repository, pull_request, found)


def delete_comment(call: Call) -> Answer:
    """A comment goes; another person's may not."""
    repository, pull_request = call.pull_request()
    found = call.host.live_comment(pull_request, int(call.path["comment"]))
    if found is None:
        raise BitbucketRefused(404, "Comment not found")
    if found.author != call.caller.slug:
        raise BitbucketRefused(403, "You can only delete your own comments")
    call.host.delete_comment(repository.full_name, pull_request.number, found.id)
    return 204, None


def list_activity(call: Call) -> Answer:
    """Everything that happened, newest first."""
    repository, pull_request = call.pull_request()
    entries = [
        (one.at, entry)
        for one in pull_request.activity
        if (entry := call.shapes.happening(pull_request, one)) is not None
    ]
    entries += [
        (one.created_at, call.shapes.comment_entry(repository, pull_request, one))
        for one in pull_request.comments.values()
    ]
    entries.sort(key=lambda pair: pair[0], reverse=True)
    return 200, call.page([entry for _, entry in entries])


def list_statuses(call: Call) -> Answer:
    """What builds reported of the commits of a pull request."""
    repository, pull_request = call.pull_request()
    found = [one for one in repository.statuses if one.commit == pull_request.head]
    return 200, call.page([call.shapes.status(repository, one) for one in found])


def list_commit_statuses(call: Call) -> Answer:
    """What builds reported of a commit, which may be cut short; changed last comes first."""
    repository, commit = call.repository(), call.path["commit"]
    if not any(one.startswith(commit) for one in call.host.commits_of(repository)):
        raise BitbucketRefused(404, "Commit not found")
    found = [one for one in repository.statuses if one.commit.startswith(commit)]
    found.sort(key=lambda one: one.updated_at, reverse=True)
    return 200, call.page([call.shapes.status(repository, one) for one in found])


def approve(call: Call) -> Answer:
    """The caller approves."""
    repository, pull_request = call.pull_request()
    call.host.approve(repository.full_name, pull_request.number, call.caller.slug)
    shown = call.shapes.pull_request(repository, pull_request)["participants"]
    return 200, next(one for one in shown if one["user"]["account_id"] == call.caller.account_id)


def unapprove(call: Call) -> Answer:
    """The caller takes an approval back."""
    repository, pull_request = call.pull_request()
    if pull_request.reviewers.get(call.caller.slug) != "approved":
        raise BitbucketRefused(404, "You have not approved this pull request")
    call.host.unapprove(repository.full_name, pull_request.number, call.caller.slug)
    return 204, None


def list_branches(call: Call) -> Answer:
    """The branches of a repository."""
    repository = call.repository()
    found = [call.shapes.branch(name, at) for name, at in repository.branches.items()]
    return 200, call.page(found)


def list_commits(call: Call) -> Answer:
    """The commits of one that another one does not have, newest first."""
    repository = call.repository()
    found = call.host.commits_between(
        repository, call.query.get("exclude", ""), call.path["revision"]
    )
    return 200, call.page([call.shapes.pushed_commit(repository, one) for one in found])


def list_permissions(call: Call) -> Answer:
    """Who may do what in a repository; everybody who signs in may ask the fake."""
    repository = call.repository()
    wanted = _USER.search(call.query.get("q", ""))
    people = [call.host.person(slug) for slug in repository.readers]
    found = [one for one in people if wanted is None or getattr(one, wanted[1]) == wanted[2]]
    return 200, call.page(
        [
            {
                "type": "repository_permission",
                "permission": "read",
                "user": call.shapes.person(one),
                "repository": call.shapes.repository(repository),
            }
            for one in found
        ]
    )


def list_hooks(call: Call) -> Answer:
    """The webhooks of a repository."""
    return 200, call.page([call.shapes.webhook(one) for one in call.repository().webhooks])


def post_hook(call: Call) -> Answer:
    """A webhook."""
    repository, body = call.repository(), call.json()
    hook = call.host.add_webhook(
        repository.full_name, body["url"], body.get("secret", ""), body["events"]
    )
    hook.name = body.get("description", "")
    return 201, call.shapes.webhook(hook)


def put_hook(call: Call) -> Answer:
    """A webhook that is there, as it shall be."""
    body = call.json()
    for hook in call.repository().webhooks:
        if hook.id == call.path["uid"]:
            hook.url, hook.events = body["url"], body["events"]
            hook.secret = body.get("secret", hook.secret)
            hook.is_active = body.get("active", True)
            return 200, call.shapes.webhook(hook)
    raise BitbucketRefused(404, "Webhook not found")


def delete_hook(call: Call) -> Answer:
    """A webhook goes."""
    hooks = call.repository().webhooks
    for hook in hooks:
        if hook.id == call.path["uid"]:
            hooks.remove(hook)
            return 204, None
    raise BitbucketRefused(404, "Webhook not found")


def list_pipelines(call: Call) -> Answer:
    """The runs, newest first; as Cloud does it, without their variables."""
    repository = call.repository()
    shown = [call.shapes.run(repository, one) for one in reversed(repository.runs)]
    return 200, call.page([{**one, "variables": []} for one in shown])


def post_pipeline(call: Call) -> Answer:
    """A run begins."""
    repository, body = call.repository(), call.json()
    target = body["target"]
    if target["ref_name"] not in repository.branches and target["ref_type"] == "branch":
        raise BitbucketRefused(400, "The branch does not exist")
    run = call.host.run(
        repository.full_name,
        {
            "ref_type": target["ref_type"],
            "ref_name": target["ref_name"],
            "pattern": (target.get("selector") or {}).get("pattern"),
            "variables": {one["key"]: one["value"] for one in body.get("variables", [])},
        },
    )
    return 201, call.shapes.run(repository, run)


def get_pipeline(call: Call) -> Answer:
    """One run."""
    repository = call.repository()
    for run in repository.runs:
        if run.uuid == call.path["uuid"]:
            return 200, call.shapes.run(repository, run)
    raise BitbucketRefused(404, "Pipeline not found")


def stop_pipeline(call: Call) -> Answer:
    """A run ends."""
    for run in call.repository().runs:
        if run.uuid == call.path["uuid"]:
            if run.state == "COMPLETED":
                raise BitbucketRefused(400, "The pipeline is already completed")
            run.state = "COMPLETED"
            return 204, None
    raise BitbucketRefused(404, "Pipeline not found")


def _person(call: Call, named: Object) -> Person:
    wanted = named.get("account_id") or named.get("uuid") or ""
    try:
        return call.host.person(wanted)
    except NotThere as error:
        raise BitbucketRefused(400, f"reviewers: {wanted} is no user") from error


def _since(text: str) -> datetime | None:
    found = _SINCE.search(text)
    return datetime.fromisoformat(found[2]) if found else None


ENDPOINTS: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", "/2.0/user", get_user),
    ("GET", "/2.0/users/{user}", get_account),
    ("GET", _REPOSITORY, get_repository),
    ("GET", f"{_REPOSITORY}/pullrequests", list_pull_requests),
    ("GET", _PULL, get_pull_request),
    ("PUT", _PULL, put_pull_request),
    ("GET", f"{_PULL}/comments", list_comments),
    ("POST", f"{_PULL}/comments", post_comment),
    ("GET", f"{_PULL}/comments/{{comment:int}}", get_comment),
    ("PUT", f"{_PULL}/comments/{{comment:int}}", put_comment),
    ("DELETE", f"{_PULL}/comments/{{comment:int}}", delete_comment),
    ("GET", f"{_PULL}/activity", list_activity),
    ("GET", f"{_PULL}/statuses", list_statuses),
    ("GET", f"{_REPOSITORY}/commit/{{commit}}/statuses", list_commit_statuses),
    ("POST", f"{_PULL}/approve", approve),
    ("DELETE", f"{_PULL}/approve", unapprove),
    ("GET", f"{_REPOSITORY}/refs/branches", list_branches),
    ("GET", f"{_REPOSITORY}/commits/{{revision}}", list_commits),
    ("GET", "/2.0/workspaces/{workspace}/permissions/repositories/{slug}", list_permissions),
    ("GET", f"{_REPOSITORY}/hooks", list_hooks),
    ("POST", f"{_REPOSITORY}/hooks", post_hook),
    ("PUT", f"{_REPOSITORY}/hooks/{{uid}}", put_hook),
    ("DELETE", f"{_REPOSITORY}/hooks/{{uid}}", delete_hook),
    ("GET", f"{_REPOSITORY}/pipelines", list_pipelines),
    ("POST", f"{_REPOSITORY}/pipelines", post_pipeline),
    ("GET", f"{_REPOSITORY}/pipelines/{{uuid}}", get_pipeline),
    ("POST", f"{_REPOSITORY}/pipelines/{{uuid}}/stopPipeline", stop_pipeline),
)
