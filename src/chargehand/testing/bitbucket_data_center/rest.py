"""Bitbucket Data Center's REST API, version 1.0, as far as the connector uses it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from chargehand.testing.bitbucket.host import Host, NotThere
from chargehand.testing.bitbucket.records import Comment, Person, PullRequest, Repository, Webhook
from chargehand.testing.bitbucket.refusals import BitbucketRefused
from chargehand.testing.bitbucket_data_center.shapes import DataCenterShapes

Object = dict[str, Any]
_DEFAULT_PAGE: Final = 25
_MOST: Final = 1000
# Of a diff no more is told, page for page or otherwise (page.max.changes).
_MOST_CHANGES: Final = 1000


@dataclass(frozen=True, slots=True)
class Call:
    """One request behind the sign-in."""

    host: Host
    shapes: DataCenterShapes
    caller: Person
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes

    def repository(self) -> Repository:
        """The repository in the path.

        Raises: BitbucketRefused: moved, or not there for the caller.
        """
        name = f"{self.path['project']}/{self.path['slug']}"
        moved_to = self.host.state.renamed.get(name)
        if moved_to is not None and name not in self.host.state.repositories:
            project, _, slug = moved_to.partition("/")
            raise BitbucketRefused(302, "Moved", leads_to=f"{_API}/projects/{project}/repos/{slug}")
        found = self.host.state.repositories.get(name)
        if found is None or (found.is_private and self.caller.slug not in found.readers):
            raise BitbucketRefused(404, f"Repository {name} does not exist.")
        return found

    def pull_request(self) -> tuple[Repository, PullRequest]:
        """The pull request in the path.

        Raises: BitbucketRefused.
        """
        repository = self.repository()
        found = repository.pull_requests.get(int(self.path["number"]))
        if found is None:
            raise BitbucketRefused(404, "No such pull request.")
        return repository, found

    def comment(self) -> tuple[Repository, PullRequest, Comment]:
        """The comment in the path.

        Raises: BitbucketRefused.
        """
        repository, pull_request = self.pull_request()
        found = self.host.live_comment(pull_request, int(self.path["comment"]))
        if found is None:
            raise BitbucketRefused(404, "No such comment.")
        return repository, pull_request, found

    def json(self) -> Object:
        """The body."""
        found: Object = json.loads(self.body or b"{}")
        return found

    def page(self, values: Sequence[Object]) -> Object:
        """One page of a list, with the place of the next one."""
        size = min(int(self.query.get("limit", _DEFAULT_PAGE)), _MOST)
        start = int(self.query.get("start", "0"))
        is_last = start + size >= len(values)
        return {
            "size": len(values[start : start + size]),
            "limit": size,
            "start": start,
            "isLastPage": is_last,
            "values": list(values[start : start + size]),
            "nextPageStart": None if is_last else start + size,
        }


Answer: TypeAlias = tuple[int, Object | None]
Handler: TypeAlias = Callable[[Call], Answer]
_API: Final = "/rest/api/1.0"
_REPOSITORY: Final = f"{_API}/projects/{{project}}/repos/{{slug}}"
_PULL: Final = f"{_REPOSITORY}/pull-requests/{{number:int}}"


def get_properties(_call: Call) -> Answer:
    """Which release it is; every answer names the user in a header."""
    return 200, {"version": "9.4.0", "buildNumber": "9004000", "displayName": "Bitbucket"}


def get_user(call: Call) -> Answer:
    """One user by slug."""
    try:
        found = call.host.person(call.path["user"])
    except NotThere as error:
        raise BitbucketRefused(404, "No such user.") from error
    if found.is_deleted:
        raise BitbucketRefused(404, "No such user.")
    return 200, call.shapes.person(found)


def list_users(call: Call) -> Answer:
    """The users with a name, who may read a repository where one is named."""
    wanted = call.query.get("filter", "")
    project, slug = (call.query.get(f"permission.1.{n}") for n in ("projectKey", "repositorySlug"))
    found = [one for one in call.host.people() if wanted in one.slug and not one.is_app]
    if project and slug:
        repository = call.host.repository(f"{project}/{slug}")
        found = [one for one in found if one.slug in repository.readers]
    return 200, call.page([call.shapes.person(one) for one in found])


def get_repository(call: Call) -> Answer:
    """One repository."""
    return 200, call.shapes.repository(call.repository())


def list_pull_requests(call: Call) -> Answer:
    """The pull requests that are asked for, by their last change."""
    repository = call.repository()
    state = call.query.get("state", "OPEN")
    found = [one for one in repository.pull_requests.values() if state in ("ALL", one.state)]
    found.sort(key=lambda one: one.updated_at, reverse=call.query.get("order") != "OLDEST")
    return 200, call.page([call.shapes.pull_request(repository, one) for one in found])


def get_pull_request(call: Call) -> Answer:
    """One pull request."""
    return 200, call.shapes.pull_request(*call.pull_request())


def list_activities(call: Call) -> Answer:
    """Everything that happened, newest first; answers stand in the comments they answer."""
    _, pull_request = call.pull_request()
    entries = [(one.at, call.shapes.happening(one)) for one in pull_request.activity]
    entries += [
        (one.created_at, call.shapes.comment_entry(pull_request, one))
        for one in pull_request.comments.values()
        if one.parent is None and not one.is_deleted
    ]
    entries.sort(key=lambda pair: pair[0], reverse=True)
    return 200, call.page([entry for _, entry in entries])


def post_comment(call: Call) -> Answer:
    """A comment, where it is asked for."""
    repository, pull_request = call.pull_request()
    body = call.json()
    if not str(body.get("text", "")).strip():
        raise BitbucketRefused(400, "A comment needs a text.")
    anchor = body.get("anchor") or {}
    try:
        comment = call.host.comment(
            repository.full_name,
            pull_request.number,
            call.caller.slug,
            text=body["text"],
            parent=(body.get("parent") or {}).get("id"),
            path=anchor.get("path"),
            line=anchor.get("line"),
        )
    except NotThere as error:
        raise BitbucketRefused(404, "No such comment to answer.") from error
    return 201, call.shapes.comment(pull_request, comment)


def get_comment(call: Call) -> Answer:
    """One comment."""
    _, pull_request, comment = call.comment()
    return 200, call.shapes.comment(pull_request, comment)


def put_comment(call: Call) -> Answer:
    """Another text for a comment of one's own, in the version it was looked at."""
    repository, pull_request, comment = call.comment()
    body = call.json()
    if comment.author != call.caller.slug:
        raise BitbucketRefused(403, "You can only edit your own comments.")
    if comment.version != body.get("version"):
        raise BitbucketRefused(409, "The comment was changed meanwhile.")
    if not str(body.get("text", "")).strip():
        raise BitbucketRefused(400, "A comment needs a text.")
    call.host.edit_comment(repository.full_name, pull_request.number, comment.id, body["text"])
    return 200, call.shapes.comment(pull_request, comment)


def delete_comment(call: Call) -> Answer:
    """A comment goes, in the version it was looked at, unless it was answered."""
    repository, pull_request, comment = call.comment()
    if str(comment.version) != call.query.get("version"):
        raise BitbucketRefused(409, "The comment was changed meanwhile.")
    if call.host.answers_to(pull_request, comment.id):
        raise BitbucketRefused(409, "The comment has replies.")
    call.host.delete_comment(repository.full_name, pull_request.number, comment.id)
    return 204, None


def post_participant(call: Call) -> Answer:
    """A reviewer comes."""
    repository, pull_request = call.pull_request()
    wanted, people = call.json()["user"]["name"], call.host.state.people.values()
    person = next((one for one in people if (one.user_name or one.slug) == wanted), None)
    if person is None:
        raise BitbucketRefused(409, "No such user.")
    if person.slug == pull_request.author:
        raise BitbucketRefused(409, "The author can not be a reviewer.")
    slugs = [*pull_request.reviewers, person.slug]
    call.host.set_reviewers(repository.full_name, pull_request.number, call.caller.slug, slugs)
    return 200, call.shapes.reviewer(person, "")


def put_participant(call: Call) -> Answer:
    """The caller's own status; nobody sets another's."""
    repository, pull_request = call.pull_request()
    if call.path["user"] != call.caller.slug:
        raise BitbucketRefused(403, "You can only change your own status.")
    is_approving = call.json()["status"] == "APPROVED"
    change = call.host.approve if is_approving else call.host.unapprove
    change(repository.full_name, pull_request.number, call.caller.slug)
    said = pull_request.reviewers[call.caller.slug]
    return 200, call.shapes.reviewer(call.caller, said)


def delete_participant(call: Call) -> Answer:
    """A reviewer goes."""
    repository, pull_request = call.pull_request()
    slugs = [slug for slug in pull_request.reviewers if slug != call.path["user"]]
    call.host.set_reviewers(repository.full_name, pull_request.number, call.caller.slug, slugs)
    return 204, None


def list_changes(call: Call) -> Answer:
    """The files a pull request changes, on the one page there is, whatever its start."""
    _, pull_request = call.pull_request()
    limit = int(call.query.get("limit", _DEFAULT_PAGE))
    told = pull_request.files[: min(limit, _MOST_CHANGES)]
    is_last = len(told) == len(pull_request.files)
    return 200, {
        "size": len(told),
        "limit": limit,
        "start": 0,
        "isLastPage": is_last,
        "values": [call.shapes.change(one) for one in told],
        "nextPageStart": None if is_last else limit,
    }


def get_diff(call: Call) -> Answer:
    """The diff, line for line, as far as Data Center tells it."""
    _, pull_request = call.pull_request()
    told = pull_request.files[:_MOST_CHANGES]
    return 200, {
        "contextLines": int(call.query.get("contextLines", "10")),
        "diffs": [call.shapes.file_diff(one) for one in told],
        "truncated": len(told) < len(pull_request.files),
    }


def list_branches(call: Call) -> Answer:
    """The branches of a repository."""
    found = [
        {
            "id": f"refs/heads/{name}",
            "displayId": name,
            "type": "BRANCH",
            "latestCommit": commit,
            "isDefault": name == "main",
        }
        for name, commit in call.repository().branches.items()
    ]
    return 200, call.page(found)


def list_commits(call: Call) -> Answer:
    """The commits until one that are not in another one, newest first."""
    repository = call.repository()
    since, until = call.query.get("since", ""), call.query["until"]
    found = call.host.commits_between(repository, since, until)
    return 200, call.page([call.shapes.pushed_commit(repository, one) for one in found])


def list_statuses(call: Call) -> Answer:
    """What builds reported of a commit."""
    found = [
        call.shapes.status(one)
        for repository in call.host.state.repositories.values()
        for one in repository.statuses
        if one.commit == call.path["commit"]
    ]
    return 200, call.page(found)


def list_webhooks(call: Call) -> Answer:
    """The webhooks of a repository."""
    return 200, call.page([call.shapes.webhook(one) for one in call.repository().webhooks])


def post_webhook(call: Call) -> Answer:
    """A webhook."""
    body = call.json()
    secret = body["configuration"]["secret"]
    hook = call.host.add_webhook(call.repository().full_name, body["url"], secret, body["events"])
    hook.name = body["name"]
    return 201, call.shapes.webhook(hook)


def put_webhook(call: Call) -> Answer:
    """A webhook that is there, as it shall be."""
    body, hook = call.json(), _webhook(call)
    hook.url, hook.events, hook.is_active = body["url"], body["events"], body["active"]
    hook.secret = body["configuration"]["secret"]
    return 200, call.shapes.webhook(hook)


def delete_webhook(call: Call) -> Answer:
    """A webhook goes."""
    call.repository().webhooks.remove(_webhook(call))
    return 204, None


def _webhook(call: Call) -> Webhook:
    for hook in call.repository().webhooks:
        if str(call.shapes.webhook(hook)["id"]) == call.path["id"]:
            return hook
    raise BitbucketRefused(404, "No such webhook.")


ENDPOINTS: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", f"{_API}/application-properties", get_properties),
    ("GET", f"{_API}/users", list_users),
    ("GET", f"{_API}/users/{{user}}", get_user),
    ("GET", _REPOSITORY, get_repository),
    ("GET", f"{_REPOSITORY}/branches", list_branches),
    ("GET", f"{_REPOSITORY}/commits", list_commits),
    ("GET", f"{_REPOSITORY}/webhooks", list_webhooks),
    ("POST", f"{_REPOSITORY}/webhooks", post_webhook),
    ("PUT", f"{_REPOSITORY}/webhooks/{{id}}", put_webhook),
    ("DELETE", f"{_REPOSITORY}/webhooks/{{id}}", delete_webhook),
    ("GET", f"{_REPOSITORY}/pull-requests", list_pull_requests),
    ("GET", _PULL, get_pull_request),
    ("GET", f"{_PULL}/activities", list_activities),
    ("GET", f"{_PULL}/changes", list_changes),
    ("GET", f"{_PULL}/diff", get_diff),
    ("POST", f"{_PULL}/comments", post_comment),
    ("GET", f"{_PULL}/comments/{{comment:int}}", get_comment),
    ("PUT", f"{_PULL}/comments/{{comment:int}}", put_comment),
    ("DELETE", f"{_PULL}/comments/{{comment:int}}", delete_comment),
    ("POST", f"{_PULL}/participants", post_participant),
    ("PUT", f"{_PULL}/participants/{{user}}", put_participant),
    ("DELETE", f"{_PULL}/participants/{{user}}", delete_participant),
    ("GET", "/rest/build-status/1.0/commits/{commit}", list_statuses),
)
