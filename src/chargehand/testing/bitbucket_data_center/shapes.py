"""Bitbucket Data Center's words for what the host keeps: objects, and the webhooks' payloads."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from chargehand.kit.clock import EPOCH
from chargehand.testing.bitbucket.host import Host, Told
from chargehand.testing.bitbucket.records import (
    ChangedFile,
    Comment,
    Happening,
    Person,
    PullRequest,
    Repository,
    Status,
    Webhook,
)

Object = dict[str, Any]
_ZEROS: Final = "0" * 40
_SHORT: Final = 11
_MOST_COMMITS: Final = 5
_NAMES: Final[Mapping[str, str]] = {
    "opened": "pr:opened",
    "updated": "pr:modified",
    "reviewers": "pr:reviewer:updated",
    "rescoped": "pr:from_ref_updated",
    "approved": "pr:reviewer:approved",
    "unapproved": "pr:reviewer:unapproved",
    "changes_requested": "pr:reviewer:needs_work",
    "merged": "pr:merged",
    "declined": "pr:declined",
    "commented": "pr:comment:added",
    "edited": "pr:comment:edited",
    "uncommented": "pr:comment:deleted",
    "pushed": "repo:refs_changed",
}
_ACTIONS: Final[Mapping[str, str]] = {
    "opened": "OPENED",
    "updated": "UPDATED",
    "reviewers": "UPDATED",
    "rescoped": "RESCOPED",
    "approved": "APPROVED",
    "unapproved": "UNAPPROVED",
    "changes_requested": "REVIEWED",
    "merged": "MERGED",
    "declined": "DECLINED",
}
_STATUSES: Final = {"approved": "APPROVED", "changes_requested": "NEEDS_WORK", "": "UNAPPROVED"}


def millis_of(moment: datetime) -> int:
    """A moment as Data Center writes it."""
    return round((moment - EPOCH).total_seconds() * 1000)


def _path(path: str) -> Object:
    return {"components": path.split("/"), "name": path.rpartition("/")[2], "toString": path}


class DataCenterShapes:
    """Words objects; `site` is the address people open."""

    def __init__(self, host: Host, *, site: str) -> None:
        self._host = host
        self._site = site

    def change(self, file: ChangedFile) -> Object:
        """A file that a pull request changes."""
        before = {"srcPath": _path(file.before)} if file.before else {}
        kind = "MOVE" if file.before else "MODIFY"
        return {"type": kind, "nodeType": "FILE", "path": _path(file.path), **before}

    def file_diff(self, file: ChangedFile) -> Object:
        """The changed lines of a file."""
        lines = (("REMOVED", file.removed), ("ADDED", file.added))
        segments = [
            {"type": kind, "lines": [{"line": "x"}] * count, "truncated": False}
            for kind, count in lines
            if count
        ]
        return {
            "source": _path(file.before or file.path),
            "destination": _path(file.path),
            "hunks": [{"segments": segments, "truncated": False}],
            "truncated": False,
        }

    def word(self, told: Told) -> tuple[str, Object] | None:
        """What a webhook says of what happened; of builds it says nothing."""
        name = _NAMES.get(told.what)
        if name is None:
            return None
        payload: Object = {
            "eventKey": name,
            "date": told.at.strftime("%Y-%m-%dT%H:%M:%S+0000"),
            "actor": self.person(told.actor),
        }
        if told.pull_request is not None:
            payload["pullRequest"] = self.pull_request(told.repository, told.pull_request)
        if told.comment is not None and told.pull_request is not None:
            payload["comment"] = {
                **self.comment(told.pull_request, told.comment, with_answers=False),
                **self.anchor(told.comment, "anchor"),
            }
            if told.comment.parent is not None:
                payload["commentParentId"] = told.comment.parent
        if told.what == "pushed":
            payload["repository"] = self.repository(told.repository)
            payload["changes"] = [self._change(told)]
            found = self._host.commits_between(told.repository, told.before, told.after)
            payload["commits"] = [
                self.pushed_commit(told.repository, one) for one in found[:_MOST_COMMITS]
            ]
        return name, payload

    def pushed_commit(self, repository: Repository, commit: str) -> Object:
        """A commit that somebody pushed."""
        known = repository.commits[commit]
        author = self._host.person(known.author)
        return {
            "id": commit,
            "displayId": commit[:_SHORT],
            "author": {"name": author.name, "emailAddress": author.email, "slug": author.slug},
            "authorTimestamp": 0,
            "message": known.message,
            "parents": [{"id": known.parent}] if known.parent else [],
        }

    def person(self, person: Person) -> Object:
        """A user."""
        return {
            "name": person.user_name or person.slug,
            "slug": person.slug,
            "displayName": person.name,
            "emailAddress": person.email,
            "active": person.status == "active",
            "type": "SERVICE" if person.is_app else "NORMAL",
            "id": abs(hash(person.slug)) % 10_000,
        }

    def repository(self, repository: Repository) -> Object:
        """A repository."""
        project, _, slug = repository.full_name.partition("/")
        url = f"{self._site}/projects/{project}/repos/{slug}"
        return {
            "slug": slug,
            "name": slug,
            "project": {"key": project, "name": project, "type": "NORMAL"},
            "public": not repository.is_private,
            "state": "AVAILABLE",
            "links": {"self": [{"href": f"{url}/browse"}]},
        }

    def pull_request(self, repository: Repository, pull_request: PullRequest) -> Object:
        """A pull request."""
        project, _, slug = repository.full_name.partition("/")
        url = f"{self._site}/projects/{project}/repos/{slug}/pull-requests/{pull_request.number}"
        where = self.repository(repository)
        author = self.person(self._host.person(pull_request.author))
        return {
            "id": pull_request.number,
            "version": pull_request.version,
            "title": pull_request.title,
            "description": pull_request.description,
            "state": pull_request.state,
            "open": pull_request.state == "OPEN",
            "draft": pull_request.is_draft,
            "createdDate": millis_of(pull_request.created_at),
            "updatedDate": millis_of(pull_request.updated_at),
            "fromRef": {
                "id": f"refs/heads/{pull_request.source}",
                "displayId": pull_request.source,
                "latestCommit": pull_request.head,
                "repository": self._source(repository, pull_request),
            },
            "toRef": {
                "id": f"refs/heads/{pull_request.target}",
                "displayId": pull_request.target,
                "latestCommit": repository.branches.get(pull_request.target, _ZEROS),
                "repository": where,
            },
            "author": {"user": author, "role": "AUTHOR", "status": "UNAPPROVED"},
            "reviewers": [
                self.reviewer(self._host.person(slug), said)
                for slug, said in pull_request.reviewers.items()
            ],
            "participants": [],
            "links": {"self": [{"href": url}]},
        }

    def reviewer(self, person: Person, said: str) -> Object:
        """Somebody who looks at a pull request."""
        return {
            "user": self.person(person),
            "role": "REVIEWER",
            "approved": said == "approved",
            "status": _STATUSES[said],
        }

    def comment(
        self, pull_request: PullRequest, comment: Comment, *, with_answers: bool = True
    ) -> Object:
        """A comment with those that answer it."""
        answers = self._host.answers_to(pull_request, comment.id) if with_answers else []
        return {
            "id": comment.id,
            "version": comment.version,
            "text": comment.text,
            "author": self.person(self._host.person(comment.author)),
            "createdDate": millis_of(comment.created_at),
            "updatedDate": millis_of(comment.updated_at),
            "comments": [self.comment(pull_request, one) for one in answers],
            "severity": "NORMAL",
            "state": "OPEN",
        }

    def anchor(self, comment: Comment, name: str) -> Object:
        """Where a comment hangs in the diff, under a name; nothing where it hangs in none."""
        if comment.path is None:
            return {}
        return {name: {"path": comment.path, "line": comment.line, "lineType": "ADDED"}}

    def happening(self, happening: Happening) -> Object:
        """One entry of a pull request's activities; of reviewers it says who came and went."""
        people: Object = {}
        if happening.what == "reviewers":
            people = {"addedReviewers": [self.person(self._host.person(happening.author))]}
        return {
            **people,
            "id": happening.id,
            "createdDate": millis_of(happening.at),
            "user": self.person(self._host.person(happening.author)),
            "action": _ACTIONS[happening.what],
        }

    def comment_entry(self, pull_request: PullRequest, comment: Comment) -> Object:
        """The activities' entry of a comment that begins a thread."""
        return {
            "id": comment.id,
            "createdDate": millis_of(comment.created_at),
            "user": self.person(self._host.person(comment.author)),
            "action": "COMMENTED",
            "commentAction": "ADDED",
            "comment": self.comment(pull_request, comment),
            **self.anchor(comment, "commentAnchor"),
        }

    def status(self, status: Status) -> Object:
        """A build status."""
        return {
            "key": status.key,
            "name": status.name,
            "state": status.state,
            "url": status.url,
            "dateAdded": millis_of(status.updated_at),
        }

    def webhook(self, webhook: Webhook) -> Object:
        """A webhook, without its secret."""
        return {
            "id": int(webhook.id[1:9], 16) % 100_000,
            "name": webhook.name,
            "url": webhook.url,
            "active": webhook.is_active,
            "events": webhook.events,
            "configuration": {},
        }

    def _source(self, repository: Repository, pull_request: PullRequest) -> Object:
        """Where the source branch is; a fork is told with where it comes from."""
        where = self.repository(repository)
        project, _, slug = pull_request.source_repository.partition("/")
        if pull_request.source_repository in ("", repository.full_name) or not slug:
            return where
        fork = {"slug": slug, "name": slug, "project": {"key": project, "type": "PERSONAL"}}
        return {**where, **fork, "links": {}, "origin": where}

    def _change(self, told: Told) -> Object:
        ref = f"refs/heads/{told.branch}"
        kind = "ADD" if not told.before else "DELETE" if not told.after else "UPDATE"
        return {
            "ref": {"id": ref, "displayId": told.branch, "type": "BRANCH"},
            "refId": ref,
            "fromHash": told.before or _ZEROS,
            "toHash": told.after or _ZEROS,
            "type": kind,
        }
