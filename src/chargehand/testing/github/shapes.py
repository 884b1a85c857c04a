"""Issues, pull requests, comments and reviews in GitHub's shapes."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from chargehand.testing.github.code_shapes import CodeShapes, association_of, time_of
from chargehand.testing.github.state import ChangedFile, Comment, Issue, Repository, Review

_PULL_URLS: Final = [
    "comments",
    "commits",
    "diff",
    "issue",
    "patch",
    "review_comment",
    "review_comments",
    "statuses",
]


class Shapes(CodeShapes):
    """The rest of GitHub's JSON."""

    def issue(self, repository: Repository, issue: Issue) -> dict[str, Any]:
        """An issue; a pull request among issues names itself so."""
        kind = "pull" if issue.pull else "issues"
        url = f"{self.api}/repos/{repository.full_name}/issues/{issue.number}"
        shown = {
            "id": issue.id,
            "node_id": f"I_{issue.id}",
            "url": url,
            "repository_url": f"{self.api}/repos/{repository.full_name}",
            "labels_url": f"{url}/labels",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "html_url": f"{self.web}/{repository.full_name}/{kind}/{issue.number}",
            **self._of_issue(repository, issue),
            "comments": len(issue.comments),
        }
        if issue.pull is not None:
            pull_url = f"{self.api}/repos/{repository.full_name}/pulls/{issue.number}"
            shown["pull_request"] = {
                "url": pull_url,
                "html_url": shown["html_url"],
                "diff_url": f"{shown['html_url']}.diff",
                "patch_url": f"{shown['html_url']}.patch",
                "merged_at": time_of(issue.pull.merged_at),
            }
        return shown

    def pull(self, repository: Repository, issue: Issue, *, is_whole: bool) -> dict[str, Any]:
        """A pull request; `is_whole` adds what only asking for the one tells."""
        pull = issue.pull
        if pull is None:
            message = f"{issue.number} is no pull request"
            raise AssertionError(message)
        url = f"{self.api}/repos/{repository.full_name}/pulls/{issue.number}"
        html_url = f"{self.web}/{repository.full_name}/pull/{issue.number}"
        links = [
            "self",
            "html",
            "issue",
            "comments",
            "review_comments",
            "review_comment",
            "commits",
            "statuses",
        ]
        shown = {
            "id": issue.id,
            "node_id": f"PR_{issue.id}",
            "url": url,
            "html_url": html_url,
            **{f"{name}_url": f"{url}/{name}" for name in _PULL_URLS},
            "_links": {name: {"href": f"{url}/{name}"} for name in links},
            **self._of_issue(repository, issue),
            "draft": pull.is_draft,
            "merged_at": time_of(pull.merged_at),
            "merge_commit_sha": None,
            "auto_merge": None,
            "requested_reviewers": [self.user(one) for one in pull.reviewers],
            "requested_teams": [],
            "head": self._end(repository, pull.head, pull.head_commit, pull.head_repository),
            "base": self._end(repository, pull.base, pull.base_commit, repository.full_name),
        }
        return {**shown, **self._whole(issue)} if is_whole else shown

    def comment(self, repository: Repository, issue: Issue, comment: Comment) -> dict[str, Any]:
        """A comment under an issue or a pull request."""
        kind = "pull" if issue.pull else "issues"
        api, web = f"{self.api}/repos/{repository.full_name}", f"{self.web}/{repository.full_name}"
        return {
            "id": comment.id,
            "node_id": f"IC_{comment.id}",
            "url": f"{api}/issues/comments/{comment.id}",
            "html_url": f"{web}/{kind}/{issue.number}#issuecomment-{comment.id}",
            "issue_url": f"{api}/issues/{issue.number}",
            **self._said(repository, comment),
            "performed_via_github_app": None,
        }

    def line_comment(
        self, repository: Repository, issue: Issue, comment: Comment
    ) -> dict[str, Any]:
        """A comment beside a line of a diff."""
        api, web = f"{self.api}/repos/{repository.full_name}", f"{self.web}/{repository.full_name}"
        url, pull_url = f"{api}/pulls/comments/{comment.id}", f"{api}/pulls/{issue.number}"
        html_url = f"{web}/pull/{issue.number}#discussion_r{comment.id}"
        root = {} if comment.root is None else {"in_reply_to_id": comment.root}
        return {
            "id": comment.id,
            "node_id": f"RC_{comment.id}",
            "url": url,
            "html_url": html_url,
            "pull_request_url": pull_url,
            "_links": {
                "self": {"href": url},
                "html": {"href": html_url},
                "pull_request": {"href": pull_url},
            },
            **self._said(repository, comment),
            "pull_request_review_id": comment.review,
            "diff_hunk": "@@ -1 +1 @@",
            "path": comment.path,
            "commit_id": comment.commit,
            "original_commit_id": comment.commit,
            "line": comment.line,
            "original_line": comment.line,
            "side": "RIGHT",
            "subject_type": "line",
            **root,
        }

    def review(self, repository: Repository, issue: Issue, review: Review) -> dict[str, Any]:
        """A review; webhooks have its verdict in small letters."""
        url = f"{self.api}/repos/{repository.full_name}/pulls/{issue.number}"
        web = f"{self.web}/{repository.full_name}/pull/{issue.number}"
        html_url = f"{web}#pullrequestreview-{review.id}"
        return {
            "id": review.id,
            "node_id": f"PRR_{review.id}",
            "user": self.user(review.author),
            "body": review.body,
            "state": review.state,
            "commit_id": review.commit,
            "submitted_at": time_of(review.submitted_at),
            "html_url": html_url,
            "pull_request_url": url,
            "_links": {"html": {"href": html_url}, "pull_request": {"href": url}},
            "author_association": association_of(repository, review.author),
        }

    def _of_issue(self, repository: Repository, issue: Issue) -> dict[str, Any]:
        return {
            "number": issue.number,
            "title": issue.title,
            "body": issue.body,
            "user": self.user(issue.author),
            "state": issue.state,
            "locked": issue.is_locked,
            "labels": [self.label(repository, one) for one in issue.labels],
            "assignee": self.user(issue.assignees[0]) if issue.assignees else None,
            "assignees": [self.user(one) for one in issue.assignees],
            "milestone": None,
            "author_association": association_of(repository, issue.author),
            "created_at": time_of(issue.created_at),
            "updated_at": time_of(issue.updated_at),
            "closed_at": time_of(issue.closed_at),
        }

    def file(self, repository: Repository, commit: str, file: ChangedFile) -> dict[str, Any]:
        """A file that a pull request changes; of a binary one nothing is told of its lines."""
        web, path = f"{self.web}/{repository.full_name}", quote(file.path)
        api = f"{self.api}/repos/{repository.full_name}"
        return {
            "sha": hashlib.sha1(file.path.encode(), usedforsecurity=False).hexdigest(),
            "filename": file.path,
            "status": "renamed" if file.before else "modified",
            "additions": file.additions,
            "deletions": file.deletions,
            "changes": file.additions + file.deletions,
            "blob_url": f"{web}/blob/{commit}/{path}",
            "raw_url": f"{web}/raw/{commit}/{path}",
            "contents_url": f"{api}/contents/{path}?ref={commit}",
            **({"previous_filename": file.before} if file.before else {}),
        }

    def _whole(self, issue: Issue) -> Mapping[str, Any]:
        pull = issue.pull
        files = [] if pull is None else pull.files
        return {
            "merged": pull is not None and pull.merged_at is not None,
            "mergeable": True,
            "mergeable_state": "clean",
            "maintainer_can_modify": False,
            "merged_by": None,
            "comments": len(issue.comments),
            "review_comments": 0 if pull is None else len(pull.line_comments),
            "changed_files": 0 if pull is None else pull.changed_files,
            "additions": sum(one.additions for one in files),
            "deletions": sum(one.deletions for one in files),
            "commits": 1,
        }

    def _said(self, repository: Repository, comment: Comment) -> dict[str, Any]:
        return {
            "user": self.user(comment.author),
            "body": comment.body,
            "created_at": time_of(comment.created_at),
            "updated_at": time_of(comment.updated_at),
            "author_association": association_of(repository, comment.author),
        }

    def _end(
        self, repository: Repository, ref: str, commit: str, full_name: str | None
    ) -> dict[str, Any]:
        owner = (full_name or "unknown/repository").partition("/")[0]
        shown = None
        if full_name is not None:
            shown = {
                **self.repository(repository),
                "full_name": full_name,
                "fork": full_name != repository.full_name,
            }
        return {
            "label": f"{owner}:{ref}",
            "ref": ref,
            "sha": commit,
            "user": self.user(owner),
            "repo": shown,
        }
