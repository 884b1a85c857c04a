"""Bitbucket Cloud's words for what the host keeps: objects, and the webhooks' payloads."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from chargehand.testing.bitbucket.host import Host, Told
from chargehand.testing.bitbucket.records import (
    Comment,
    Happening,
    Person,
    PullRequest,
    Repository,
    Run,
    Status,
    Webhook,
)

Object = dict[str, Any]
_NAMES: Final[Mapping[str, str]] = {
    "opened": "pullrequest:created",
    "updated": "pullrequest:updated",
    "reviewers": "pullrequest:updated",
    "rescoped": "pullrequest:updated",
    "approved": "pullrequest:approved",
    "unapproved": "pullrequest:unapproved",
    "changes_requested": "pullrequest:changes_request_created",
    "merged": "pullrequest:fulfilled",
    "declined": "pullrequest:rejected",
    "commented": "pullrequest:comment_created",
    "edited": "pullrequest:comment_updated",
    "uncommented": "pullrequest:comment_deleted",
    "pushed": "repo:push",
    "built": "repo:commit_status_updated",
}
# Cloud shortens the commits of pull requests, and of nothing else.
_SHORT: Final = 12


def time_of(moment: datetime) -> str:
    """A moment as Cloud writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")


class CloudShapes:
    """Words objects; `api` is the address of the API, `site` what people open."""

    def __init__(self, host: Host, *, api: str, site: str) -> None:
        self._host = host
        self._api = api
        self._site = site

    def word(self, told: Told) -> tuple[str, Object] | None:
        """What a webhook says of what happened."""
        name = _NAMES[told.what]
        payload: Object = {
            "repository": self.repository(told.repository),
            "actor": self.person(told.actor),
        }
        if told.pull_request is not None:
            payload["pullrequest"] = self.pull_request(told.repository, told.pull_request)
        if told.comment is not None:
            payload["comment"] = self.comment(told.repository, told.pull_request, told.comment)
        if told.what in ("approved", "unapproved"):
            payload["approval"] = {"date": time_of(told.at), "user": self.person(told.actor)}
        if told.what == "changes_requested":
            payload["changes_request"] = {"date": time_of(told.at), "user": self.person(told.actor)}
        if told.what == "pushed":
            payload["push"] = {"changes": [self._change(told)]}
        if told.status is not None:
            payload["commit_status"] = self.status(told.repository, told.status)
        return name, payload

    def person(self, person: Person) -> Object:
        """An account."""
        return {
            "type": "app_user" if person.is_app else "user",
            "display_name": person.name,
            "uuid": person.uuid,
            "account_id": person.account_id,
            "nickname": person.slug,
            "links": {"html": {"href": f"{self._site}/{person.uuid}/"}},
        }

    def repository(self, repository: Repository) -> Object:
        """A repository."""
        _, _, slug = repository.full_name.partition("/")
        return {
            "type": "repository",
            "full_name": repository.full_name,
            "name": slug,
            "uuid": repository.uuid,
            "is_private": repository.is_private,
            "scm": "git",
            "mainbranch": {"type": "branch", "name": "main"},
            "links": {"html": {"href": f"{self._site}/{repository.full_name}"}},
        }

    def pull_request(
        self, repository: Repository, pull_request: PullRequest, *, with_people: bool = True
    ) -> Object:
        """A pull request; lists leave its people out unless they are asked for them."""
        url = f"{self._site}/{repository.full_name}/pull-requests/{pull_request.number}"
        people: Object = {
            "reviewers": [self.person(self._host.person(slug)) for slug in pull_request.reviewers],
            "participants": [
                self._participant(pull_request, slug, said)
                for slug, said in pull_request.reviewers.items()
            ],
        }
        return {
            "type": "pullrequest",
            "id": pull_request.number,
            "title": pull_request.title,
            "description": pull_request.description,
            "state": pull_request.state,
            "draft": pull_request.is_draft,
            "author": self.person(self._host.person(pull_request.author)),
            "source": self._end(
                pull_request.source_repository, pull_request.source, pull_request.head
            ),
            "destination": self._end(
                repository.full_name,
                pull_request.target,
                repository.branches.get(pull_request.target, "0" * 40),
            ),
            "created_on": time_of(pull_request.created_at),
            "updated_on": time_of(pull_request.updated_at),
            "comment_count": len(pull_request.comments),
            "task_count": 0,
            "merge_commit": None,
            "closed_by": None,
            "reason": "",
            "close_source_branch": False,
            "links": {"html": {"href": url}},
            **(people if with_people else {}),
        }

    def comment(
        self, repository: Repository, pull_request: PullRequest | None, comment: Comment
    ) -> Object:
        """A comment; a deleted one has no words any more."""
        number = pull_request.number if pull_request is not None else 0
        url = f"{self._site}/{repository.full_name}/pull-requests/{number}"
        raw = "" if comment.is_deleted else comment.text
        found: Object = {
            "type": "pullrequest_comment",
            "id": comment.id,
            "content": {
                "type": "rendered",
                "raw": raw,
                "markup": "markdown",
                "html": "" if comment.is_deleted else "<p>…</p>",
            },
            "user": self.person(self._host.person(comment.author)),
            "created_on": time_of(comment.created_at),
            "updated_on": time_of(comment.updated_at),
            "deleted": comment.is_deleted,
            "pending": False,
            "pullrequest": {"type": "pullrequest", "id": number},
            "links": {"html": {"href": f"{url}/_/diff#comment-{comment.id}"}},
        }
        if comment.parent is not None:
            found["parent"] = {"type": "pullrequest_comment", "id": comment.parent}
        if comment.path is not None:
            found["inline"] = {"path": comment.path, "to": comment.line, "from": None}
        return found

    def status(self, repository: Repository, status: Status) -> Object:
        """A build status."""
        return {
            "type": "build",
            "key": status.key,
            "name": status.name,
            "state": status.state,
            "description": "",
            "url": status.url,
            "refname": status.branch,
            "commit": {"type": "commit", "hash": status.commit},
            "repository": {"type": "repository", "full_name": repository.full_name},
            "created_on": time_of(status.created_at),
            "updated_on": time_of(status.updated_at),
        }

    def branch(self, name: str, commit: str) -> Object:
        """A branch."""
        return {"type": "branch", "name": name, "target": {"type": "commit", "hash": commit}}

    def run(self, repository: Repository, run: Run) -> Object:
        """A run of a pipeline."""
        target: Object = {
            "type": "pipeline_ref_target",
            "ref_type": run.ref_type,
            "ref_name": run.ref_name,
        }
        if run.pattern is not None:
            target["selector"] = {"type": "custom", "pattern": run.pattern}
        page = f"{self._site}/{repository.full_name}/pipelines/results/{run.number}"
        return {
            "type": "pipeline",
            "uuid": run.uuid,
            "build_number": run.number,
            "target": target,
            "state": {"type": f"pipeline_state_{run.state.lower()}", "name": run.state},
            "created_on": time_of(run.created_at),
            "variables": [
                {"type": "pipeline_variable", "key": key, "value": value}
                for key, value in run.variables.items()
            ],
            "links": {"type": "pipelines_pipeline_links", "self": {"type": "link", "href": page}},
        }

    def webhook(self, webhook: Webhook) -> Object:
        """A webhook, without its secret."""
        return {
            "type": "webhook_subscription",
            "uuid": webhook.id,
            "url": webhook.url,
            "description": webhook.name,
            "subject_type": "repository",
            "active": webhook.is_active,
            "events": webhook.events,
        }

    def happening(self, pull_request: PullRequest, happening: Happening) -> Object | None:
        """One entry of a pull request's activity; None for what Cloud keeps no entry of."""
        who, at = self.person(self._host.person(happening.author)), time_of(happening.at)
        named = {"type": "pullrequest", "id": pull_request.number, "title": pull_request.title}
        if happening.what == "approved":
            told: Object = {"approval": {"date": at, "user": who, "pullrequest": named}}
        elif happening.what == "changes_requested":
            told = {"changes_requested": {"date": at, "user": who, "pullrequest": named}}
        elif happening.what == "unapproved":
            return None
        else:
            states = {"merged": "MERGED", "declined": "DECLINED"}
            update = {
                "state": states.get(happening.what, "OPEN"),
                "date": at,
                "author": who,
                "title": pull_request.title,
                "changes": {},
                "reason": "",
            }
            told = {"update": update}
        return {"pull_request": named, **told}

    def comment_entry(
        self, repository: Repository, pull_request: PullRequest, comment: Comment
    ) -> Object:
        """The activity's entry of a comment."""
        named = {"type": "pullrequest", "id": pull_request.number, "title": pull_request.title}
        return {"pull_request": named, "comment": self.comment(repository, pull_request, comment)}

    def _participant(self, pull_request: PullRequest, slug: str, said: str) -> Object:
        spoke = any(one.author == slug for one in pull_request.comments.values())
        at = pull_request.approvals.get(slug) or (pull_request.updated_at if spoke else None)
        return {
            "type": "participant",
            "user": self.person(self._host.person(slug)),
            "role": "REVIEWER",
            "approved": said == "approved",
            "state": said or None,
            "participated_on": time_of(at) if at is not None else None,
        }

    def _end(self, repository: str, branch: str, commit: str) -> Object:
        return {
            "repository": {"type": "repository", "full_name": repository},
            "branch": {"name": branch},
            "commit": {"type": "commit", "hash": commit[:_SHORT]} if commit else None,
        }

    def pushed_commit(self, repository: Repository, commit: str) -> Object:
        """A commit that somebody pushed."""
        known = repository.commits[commit]
        author = self._host.person(known.author)
        return {
            "type": "commit",
            "hash": commit,
            "message": f"{known.message}\n",
            "author": {
                "type": "author",
                "raw": f"{author.name} <{author.email}>",
                "user": self.person(author),
            },
            "links": {"html": {"href": f"{self._site}/{repository.full_name}/commits/{commit}"}},
        }

    def _change(self, told: Told) -> Object:
        commits = [self.pushed_commit(told.repository, told.after)] if told.after else []
        return {
            "forced": told.is_forced,
            "created": not told.before,
            "closed": not told.after,
            "old": self.branch(told.branch, told.before) if told.before else None,
            "new": self.branch(told.branch, told.after) if told.after else None,
            "truncated": False,
            "commits": commits,
        }
