"""Accounts, repositories, checks, workflow runs and webhooks in GitHub's shapes."""

from datetime import datetime
from typing import Any, Final

from chargehand.testing.github.state import (
    Account,
    CheckRun,
    Hook,
    Issue,
    Push,
    Repository,
    Run,
    State,
    Status,
    Workflow,
)

_USER_URLS: Final = [
    "avatar",
    "events",
    "followers",
    "following",
    "gists",
    "organizations",
    "received_events",
    "repos",
    "starred",
    "subscriptions",
]
_REPOSITORY_URLS: Final = [
    "archive",
    "assignees",
    "blobs",
    "branches",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "git_commits",
    "git_refs",
    "git_tags",
    "hooks",
    "issue_comment",
    "issue_events",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "notifications",
    "pulls",
    "releases",
    "stargazers",
    "statuses",
    "subscribers",
    "subscription",
    "tags",
    "teams",
    "trees",
    "clone",
    "git",
    "ssh",
    "svn",
]
_NO_COLOUR: Final = "ededed"


class CodeShapes:
    """Makes GitHub's JSON of what the fake holds; `web` and `api` are its two addresses."""

    def __init__(self, state: State, *, web: str, api: str) -> None:
        self._state = state
        self.web = web
        self.api = api

    def user(self, login: str) -> dict[str, Any]:
        """An account, as it stands in everything it wrote."""
        account = self._state.accounts.get(login.lower()) or Account(login, 1)
        url = f"{self.api}/users/{account.login}"
        return {
            "login": account.login,
            "id": account.id,
            "node_id": f"U_{account.id}",
            "gravatar_id": "",
            "url": url,
            "html_url": f"{self.web}/{account.login}",
            **{f"{name}_url": f"{url}/{name}" for name in _USER_URLS},
            "type": account.type,
            "site_admin": False,
        }

    def public_user(self, login: str) -> dict[str, Any]:
        """An account as everybody may look it up."""
        account = self._state.accounts[login.lower()]
        numbers = ["public_repos", "public_gists", "followers", "following"]
        nothing = ["company", "blog", "location", "email", "bio", "hireable"]
        return {
            **self.user(login),
            "user_view_type": "public",
            "name": account.name or None,
            **dict.fromkeys(nothing),
            **dict.fromkeys(numbers, 0),
            "created_at": "2024-01-01T00:00:00Z",
            "updated_at": "2024-01-01T00:00:00Z",
        }

    def private_user(self, login: str) -> dict[str, Any]:
        """The account a token belongs to."""
        account = self._state.accounts[login.lower()]
        numbers = [
            "public_repos",
            "public_gists",
            "followers",
            "following",
            "private_gists",
            "total_private_repos",
            "owned_private_repos",
            "disk_usage",
            "collaborators",
        ]
        nothing = ["company", "blog", "location", "email", "bio", "hireable"]
        return {
            **self.user(login),
            "user_view_type": "private",
            "name": account.name or None,
            **dict.fromkeys(nothing),
            **dict.fromkeys(numbers, 0),
            "two_factor_authentication": True,
            "created_at": "2024-01-01T00:00:00Z",
            "updated_at": "2024-01-01T00:00:00Z",
        }

    def repository(self, repository: Repository, *, viewer: str = "") -> dict[str, Any]:
        """A repository, whole."""
        owner, _, name = repository.full_name.partition("/")
        url = f"{self.api}/repos/{repository.full_name}"
        counts = [
            "forks",
            "forks_count",
            "open_issues",
            "open_issues_count",
            "size",
            "stargazers_count",
            "watchers",
            "watchers_count",
            "network_count",
            "subscribers_count",
        ]
        at = time_of(repository.created_at)
        shown = {
            "id": repository.id,
            "node_id": f"R_{repository.id}",
            "name": name,
            "full_name": repository.full_name,
            "owner": {**self.user(owner), "type": "Organization"},
            "private": repository.is_private,
            "visibility": "private" if repository.is_private else "public",
            "html_url": f"{self.web}/{repository.full_name}",
            "description": None,
            "fork": False,
            "url": url,
            **{f"{name}_url": f"{url}/{name}" for name in _REPOSITORY_URLS},
            "mirror_url": None,
            "homepage": None,
            "language": None,
            "license": None,
            "default_branch": "main",
            **dict.fromkeys(counts, 0),
            **dict.fromkeys(("has_issues", "has_downloads"), True),
            **dict.fromkeys(("has_projects", "has_wiki", "has_pages", "has_discussions"), False),
            "archived": False,
            "disabled": False,
            "pushed_at": at,
            "created_at": at,
            "updated_at": at,
        }
        if viewer:
            shown["permissions"] = permissions_of(repository, viewer)
        return shown

    def check(self, repository: Repository, check: CheckRun) -> dict[str, Any]:
        """One check of a commit."""
        url = f"{self.api}/repos/{repository.full_name}/check-runs/{check.id}"
        pulls = [
            one
            for one in repository.issues.values()
            if one.pull is not None and one.pull.head_commit == check.commit
        ]
        branch = next((one.pull.head for one in pulls if one.pull is not None), "main")
        return {
            "id": check.id,
            "node_id": f"CR_{check.id}",
            "head_sha": check.commit,
            "external_id": "",
            "url": url,
            "html_url": f"{self.web}/{repository.full_name}/runs/{check.id}",
            "details_url": f"{self.web}/{repository.full_name}/runs/{check.id}",
            "name": check.name,
            "status": check.status,
            "conclusion": check.conclusion,
            "started_at": None,
            "completed_at": time_of(check.completed_at),
            "output": {
                "title": None,
                "summary": None,
                "text": None,
                "annotations_count": 0,
                "annotations_url": f"{url}/annotations",
            },
            "check_suite": {"id": check.id + 1, "head_branch": branch},
            "app": None,
            "pull_requests": [self._small_pull(repository, one) for one in pulls],
        }

    def status(self, status: Status) -> dict[str, Any]:
        """What somebody reported of a commit."""
        at = time_of(status.created_at)
        return {
            "id": status.id,
            "node_id": f"S_{status.id}",
            "url": f"{self.api}/statuses/{status.id}",
            "avatar_url": None,
            "state": status.state,
            "context": status.context,
            "description": None,
            "target_url": f"{self.web}/builds/{status.id}",
            "created_at": at,
            "updated_at": at,
        }

    def push(self, pushed: Push) -> dict[str, Any]:
        """One change of a branch, in the history of a repository."""
        kind = "force_push" if pushed.is_forced else "push"
        if set(pushed.before) == {"0"}:
            kind = "branch_creation"
        if set(pushed.after) == {"0"}:
            kind = "branch_deletion"
        return {
            "id": pushed.id,
            "node_id": f"PSH_{pushed.id}",
            "before": pushed.before,
            "after": pushed.after,
            "ref": pushed.ref,
            "timestamp": time_of(pushed.at),
            "activity_type": kind,
            "actor": self.user(pushed.actor),
        }

    def tag(self, repository: Repository, name: str, commit: str) -> dict[str, Any]:
        """A tag and what it names."""
        git = f"{self.api}/repos/{repository.full_name}/git"
        return {
            "ref": f"refs/tags/{name}",
            "node_id": f"REF_{name}",
            "url": f"{git}/refs/tags/{name}",
            "object": {"type": "commit", "sha": commit, "url": f"{git}/commits/{commit}"},
        }

    def listed_commit(
        self, repository: Repository, commit: str, pushed: Push | None
    ) -> dict[str, Any]:
        """A commit; of one that nobody pushed, little is known."""
        url = f"{self.api}/repos/{repository.full_name}/commits/{commit}"
        by, at = (pushed.actor, pushed.at) if pushed else ("ghost", repository.created_at)
        person = {"name": by, "email": f"{by}@example.com", "date": time_of(at)}
        return {
            "url": url,
            "sha": commit,
            "node_id": f"C_{commit}",
            "html_url": f"{self.web}/{repository.full_name}/commit/{commit}",
            "comments_url": f"{url}/comments",
            "commit": {
                "url": url,
                "author": person,
                "committer": person,
                "message": pushed.message if pushed else "Begin",
                "comment_count": 0,
                "tree": {"sha": commit, "url": url},
            },
            "author": self.user(by),
            "committer": self.user(by),
            "parents": [],
        }

    def run(self, repository: Repository, workflow: Workflow, run: Run) -> dict[str, Any]:
        """One run of a workflow."""
        url = f"{self.api}/repos/{repository.full_name}/actions/runs/{run.id}"
        small = self.repository(repository)
        names = ["jobs", "logs", "check_suite", "cancel", "rerun", "artifacts", "workflow"]
        return {
            "id": run.id,
            "node_id": f"WR_{run.id}",
            "name": workflow.name,
            "display_title": run.title,
            "path": workflow.path,
            "workflow_id": workflow.id,
            "run_number": 1,
            "run_attempt": run.attempt,
            "event": run.event,
            "status": run.status,
            "conclusion": run.conclusion,
            "head_branch": run.branch,
            "head_sha": run.commit,
            "actor": self.user(run.actor),
            "triggering_actor": self.user(run.actor),
            "url": url,
            "html_url": f"{self.web}/{repository.full_name}/actions/runs/{run.id}",
            **{f"{name}_url": f"{url}/{name}" for name in names},
            "pull_requests": [],
            "created_at": time_of(run.created_at),
            "updated_at": time_of(run.updated_at),
            "head_commit": None,
            "repository": small,
            "head_repository": small,
        }

    def hook(self, repository: Repository, hook: Hook) -> dict[str, Any]:
        """A webhook; nobody is shown its secret."""
        url = f"{self.api}/repos/{repository.full_name}/hooks/{hook.id}"
        return {
            "id": hook.id,
            "type": "Repository",
            "name": "web",
            "active": hook.is_active,
            "events": hook.events,
            "config": {
                "url": hook.url,
                "content_type": "json",
                "insecure_ssl": "0",
                "secret": "********",
            },
            "url": url,
            "ping_url": f"{url}/pings",
            "test_url": f"{url}/tests",
            "created_at": time_of(hook.created_at),
            "updated_at": time_of(hook.created_at),
            "last_response": {"code": None, "status": "unused", "message": None},
        }

    def label(self, repository: Repository, name: str) -> dict[str, Any]:
        """A label."""
        return {
            "id": sum(name.encode()) + 1,
            "node_id": f"L_{name}",
            "url": f"{self.api}/repos/{repository.full_name}/labels/{name}",
            "name": name,
            "description": "",
            "color": _NO_COLOUR,
            "default": False,
        }

    def _small_pull(self, repository: Repository, issue: Issue) -> dict[str, Any]:
        pull = issue.pull
        if pull is None:
            return {}
        small = {"id": repository.id, "url": self.api, "name": repository.full_name}
        return {
            "id": issue.id,
            "number": issue.number,
            "url": f"{self.api}/repos/{repository.full_name}/pulls/{issue.number}",
            "head": {"ref": pull.head, "sha": pull.head_commit, "repo": small},
            "base": {"ref": pull.base, "sha": pull.base_commit, "repo": small},
        }


def time_of(at: datetime | None) -> str | None:
    """A moment as GitHub writes it, in whole seconds."""
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


def association_of(repository: Repository, login: str) -> str:
    """What somebody is to a repository."""
    return "MEMBER" if login.lower() in repository.permissions else "NONE"


def permissions_of(repository: Repository, login: str) -> dict[str, bool]:
    """What a token may do in a repository."""
    given = repository.permissions.get(login.lower(), "" if repository.is_private else "read")
    rank = ("", "read", "write", "admin").index(given)
    return {"admin": rank > 2, "push": rank > 1, "pull": rank > 0}  # noqa: PLR2004 - ranks.
