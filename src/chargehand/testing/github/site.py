"""The fake's GitHub itself: what is there, and what changes and is told of."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chargehand.kit.clock import Clock
from chargehand.testing.github.refusals import ControlRefused, not_found
from chargehand.testing.github.sending import EventSender, Target
from chargehand.testing.github.shapes import Shapes
from chargehand.testing.github.state import (
    Account,
    Comment,
    Issue,
    Repository,
    Run,
    State,
    Workflow,
)


class Site:
    """Finds things, makes ids, and tells webhooks what happened."""

    def __init__(self, state: State, clock: Clock, sender: EventSender) -> None:
        self.state = state
        self.clock = clock
        self.sender = sender
        self.base_url = "http://github.test"
        # Under a path, as on hosts of one's own; api.github.com has none.
        self.api_path = "/api/v3"

    @property
    def shapes(self) -> Shapes:
        """GitHub's JSON of everything."""
        return Shapes(self.state, web=self.base_url, api=self.base_url + self.api_path)

    def now(self) -> datetime:
        """The time by the fake's clock, in whole seconds as GitHub keeps it."""
        return self.clock.now().replace(microsecond=0)

    def next_id(self) -> int:
        """A number nothing else has."""
        self.state.next_id += 1
        return self.state.next_id

    def account(self, login: str) -> Account:
        """Somebody by login; unknown people are made."""
        known = self.state.accounts.get(login.lower())
        if known is None:
            kind = "Bot" if login.endswith("[bot]") else "User"
            known = self.state.accounts[login.lower()] = Account(login, self.next_id(), kind)
        return known

    def repository(self, full_name: str) -> Repository:
        """A repository by its name now.

        Raises: ControlRefused.
        """
        found = self.state.repositories.get(full_name.lower())
        if found is None:
            known = ", ".join(one.full_name for one in self.state.repositories.values())
            raise ControlRefused(detail=f"repository: must be one of {known}")
        return found

    def add_repository(self, full_name: str, *, is_private: bool = True) -> Repository:
        """A new repository with nothing in it."""
        made = Repository(
            self.next_id(), full_name, is_private, self.now(), branches={"main": commit_of(1)}
        )
        self.state.repositories[full_name.lower()] = made
        return made

    def rename(self, repository: Repository, full_name: str) -> None:
        """Give a repository another name; the old one leads to it."""
        old = repository.full_name
        del self.state.repositories[old.lower()]
        repository.full_name = full_name
        self.state.repositories[full_name.lower()] = repository
        self.state.moved[old.lower()] = full_name
        self.tell(repository, "repository", "renamed", {}, sender="admin")

    def issue(self, repository: Repository, number: int) -> Issue:
        """An issue or pull request.

        Raises: GitHubRefused.
        """
        found = repository.issues.get(number)
        if found is None:
            raise not_found()
        return found

    def touch(self, issue: Issue) -> None:
        """Note that something of an issue changed now."""
        issue.updated_at = self.now()

    def next_number(self, repository: Repository) -> int:
        """The number of the next issue or pull request."""
        return max(repository.issues, default=0) + 1

    # What webhooks are told

    def tell(
        self,
        repository: Repository,
        event: str,
        action: str,
        parts: Mapping[str, Any],
        *,
        sender: str,
    ) -> None:
        """Tell of something, to those hooks of the repository that want to know."""
        payload: dict[str, Any] = {"action": action} if action else {}
        payload |= dict(parts)
        payload["repository"] = self.shapes.repository(repository)
        payload["sender"] = self.shapes.user(self.account(sender).login)
        targets = [
            Target(hook.url, hook.secret)
            for hook in repository.hooks
            if hook.is_active and (event in hook.events or "*" in hook.events)
        ]
        self.sender.send(event, payload, targets)

    def tell_issue(
        self, repository: Repository, issue: Issue, action: str, *, sender: str, **more: Any
    ) -> None:
        """Tell of an issue, or of a pull request by its own event."""
        if issue.pull is None:
            parts = {"issue": self.shapes.issue(repository, issue), **more}
            self.tell(repository, "issues", action, parts, sender=sender)
            return
        shown = self.shapes.pull(repository, issue, is_whole=True)
        parts = {"number": issue.number, "pull_request": shown, **more}
        self.tell(repository, "pull_request", action, parts, sender=sender)

    def tell_comment(
        self, repository: Repository, issue: Issue, comment: Comment, action: str, *, sender: str
    ) -> None:
        """Tell of a comment of either kind."""
        if comment.path:
            parts = {
                "comment": self.shapes.line_comment(repository, issue, comment),
                "pull_request": self.shapes.pull(repository, issue, is_whole=False),
            }
            self.tell(repository, "pull_request_review_comment", action, parts, sender=sender)
            return
        parts = {
            "comment": self.shapes.comment(repository, issue, comment),
            "issue": self.shapes.issue(repository, issue),
        }
        self.tell(repository, "issue_comment", action, parts, sender=sender)

    def tell_run(self, repository: Repository, workflow: Workflow, run: Run, action: str) -> None:
        """Tell of a run of a workflow."""
        parts = {
            "workflow_run": self.shapes.run(repository, workflow, run),
            "workflow": {"id": workflow.id, "name": workflow.name, "path": workflow.path},
        }
        self.tell(repository, "workflow_run", action, parts, sender=run.actor)


def commit_of(number: int) -> str:
    """The id of a made-up commit."""
    return f"{number:040x}"
