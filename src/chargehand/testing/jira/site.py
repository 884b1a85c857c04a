"""The rules of the fake site: looking things up for a caller, and changing them.

Every method refuses as Jira would (JiraRefused); nothing here knows HTTP.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chargehand.kit.clock import Clock
from chargehand.testing.jira import permissions as rights
from chargehand.testing.jira.adf import TEXT_LIMIT, adf_to_wiki, is_document
from chargehand.testing.jira.permissions import can_see_issue, is_within, may, may_on_issue
from chargehand.testing.jira.records import (
    Change,
    ChangeItem,
    Comment,
    CommentVisibility,
    Issue,
    Link,
    Person,
    Project,
)
from chargehand.testing.jira.refusals import NO_ISSUE, JiraRefused
from chargehand.testing.jira.state import State
from chargehand.testing.jira.workflows import LINK_KINDS


@dataclass(frozen=True, slots=True)
class Happening:
    """Something Jira tells webhooks about.

    Shape: `event` is Jira's name; `comment` is set for comment events (for a deleted one, as it
    was), `change` for updates of an issue.
    """

    event: str
    issue: Issue
    actor: str
    at: datetime
    comment: Comment | None = None
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class CommentDraft:
    """What a new or edited comment shall hold."""

    body: dict[str, Any]
    wiki: str
    visibility: CommentVisibility | None = None
    public: bool = True


class Site:
    """The state with Jira's rules around it.

    Shape: `announce` hears of each happening after it is stored.
    """

    def __init__(self, state: State, clock: Clock, announce: Callable[[Happening], None]) -> None:
        self.state = state
        self.clock = clock
        self._announce = announce

    # Looking up

    def project_of(self, issue: Issue) -> Project:
        """The project an issue lies in."""
        return self.state.projects[issue.project]

    def visible_issue(self, id_or_key: str, caller: Person | None) -> Issue:
        """The issue, if the caller may know of it."""
        issue = self.state.find_issue(id_or_key)
        if issue is None or not can_see_issue(caller, issue, self.project_of(issue)):
            raise JiraRefused(404, NO_ISSUE)
        return issue

    def visible_issues(self, caller: Person | None) -> list[Issue]:
        """Every issue the caller may know of, in the order they were created."""
        issues = self.state.issues.values()
        return [i for i in issues if can_see_issue(caller, i, self.project_of(i))]

    def visible_projects(self, caller: Person | None) -> list[Project]:
        """Every project the caller may browse, by key."""
        found = [p for p in self.state.projects.values() if may(caller, rights.BROWSE, p)]
        return sorted(found, key=lambda project: project.key)

    def visible_project(self, id_or_key: str, caller: Person | None) -> Project:
        """The project, if the caller may browse it."""
        project = self.state.find_project(id_or_key)
        if project is None or not may(caller, rights.BROWSE, project):
            raise JiraRefused(404, f"No project could be found with key '{id_or_key}'.")
        return project

    def can_see_comment(self, comment: Comment, caller: Person) -> bool:
        """Whether issue, role or group, and internality let the caller read a comment."""
        issue = self.state.issues[comment.issue]
        project = self.project_of(issue)
        if not can_see_issue(caller, issue, project):
            return False
        if not comment.public and caller.account_type == "customer":
            return False
        return is_within(caller, comment, project)

    def visible_comments(self, issue: Issue, caller: Person) -> list[Comment]:
        """The comments of an issue the caller may read, oldest first."""
        comments = self.state.comments_of(issue.key)
        return [comment for comment in comments if self.can_see_comment(comment, caller)]

    def visible_comment(self, comment_id: str, caller: Person) -> Comment:
        """The comment, if the caller may read it."""
        comment = self.state.find_comment(comment_id)
        if comment is None or not self.can_see_comment(comment, caller):
            raise JiraRefused(404, f"Can not find a comment for the id: {comment_id}.")
        return comment

    # Comments

    def add_comment(
        self,
        issue: Issue,
        author: Person,
        *,
        draft: CommentDraft,
        properties: dict[str, Any] | None = None,
        at: datetime | None = None,
    ) -> Comment:
        """Store a comment and tell the webhooks; never looks whether the same exists already."""
        if not may_on_issue(author, rights.COMMENT, issue, self.project_of(issue)):
            raise JiraRefused(400, "You do not have the permission to comment on this issue.")
        self._judge_draft(draft, author, self.project_of(issue))
        return self.put_comment(issue, author, draft=draft, properties=properties, at=at)

    def put_comment(
        self,
        issue: Issue,
        author: Person,
        *,
        draft: CommentDraft,
        properties: dict[str, Any] | None = None,
        at: datetime | None = None,
    ) -> Comment:
        """Store a comment whose author's rights were judged elsewhere."""
        now = at or self.clock.now()
        marks = dict(properties or {})
        hidden = marks.get("sd.public.comment")
        comment = Comment(
            id=str(self.state.next_number("comment")),
            issue=issue.key,
            author=author.account_id,
            update_author=author.account_id,
            body=draft.body,
            wiki=draft.wiki,
            created_at=now,
            updated_at=now,
            visibility=draft.visibility,
            public=draft.public and not (isinstance(hidden, dict) and hidden.get("internal")),
            properties=marks,
        )
        self.state.threads.setdefault(issue.key, {})[comment.id] = comment
        self._tell_comment("comment_created", comment, author)
        return comment

    def edit_comment(self, comment: Comment, editor: Person, *, draft: CommentDraft) -> Comment:
        """Replace a comment's content; it keeps its id, author and properties."""
        self._require_comment_right(comment, editor, (rights.EDIT_OWN, rights.EDIT_ALL), "edit")
        project = self.project_of(self.state.issues[comment.issue])
        self._judge_draft(draft, editor, project)
        edited = replace(
            comment,
            body=draft.body,
            wiki=draft.wiki,
            visibility=draft.visibility,
            update_author=editor.account_id,
            updated_at=self.clock.now(),
        )
        self.state.threads[comment.issue][comment.id] = edited
        self._tell_comment("comment_updated", edited, editor)
        return edited

    def delete_comment(self, comment: Comment, remover: Person) -> None:
        """Remove a comment for good."""
        wanted = (rights.DELETE_OWN, rights.DELETE_ALL)
        self._require_comment_right(comment, remover, wanted, "delete")
        del self.state.threads[comment.issue][comment.id]
        self._tell_comment("comment_deleted", comment, remover)

    def set_property(self, comment: Comment, key: str, value: Any) -> bool:
        """Store an entity property; True when the key is new."""
        is_new = key not in comment.properties
        properties = {**comment.properties, key: value}
        self.state.threads[comment.issue][comment.id] = replace(comment, properties=properties)
        return is_new

    def _require_comment_right(
        self, comment: Comment, person: Person, wanted: tuple[str, str], verb: str
    ) -> None:
        own, everybody = wanted
        issue = self.state.issues[comment.issue]
        project = self.project_of(issue)
        is_own = comment.author == person.account_id
        if is_own and may_on_issue(person, own, issue, project):
            return
        if not may_on_issue(person, everybody, issue, project):
            raise JiraRefused(
                400, f"You do not have the permission to {verb} comment with id: {comment.id}."
            )

    def _judge_draft(self, draft: CommentDraft, author: Person, project: Project) -> None:
        if not draft.wiki.strip():
            raise JiraRefused(400, errors={"comment": "Comment body can not be empty!"})
        if len(draft.wiki) > TEXT_LIMIT:
            text = f"The entered text is too long. It exceeds the allowed limit of {TEXT_LIMIT:,}"
            raise JiraRefused(400, errors={"comment": f"{text} characters."})
        if draft.visibility is not None:
            self._judge_visibility(draft.visibility, author, project)

    def _judge_visibility(
        self, visibility: CommentVisibility, author: Person, project: Project
    ) -> None:
        name = visibility.value
        if visibility.type == "group":
            is_member = name in author.groups
        else:
            is_member = author.account_id in project.roles.get(name, ())
        if not is_member:
            text = f"You can not restrict a comment to the {visibility.type} {name}: not a member."
            raise JiraRefused(400, errors={"commentLevel": text})

    def _tell_comment(self, event: str, comment: Comment, actor: Person) -> None:
        # Jira moves the issue's updated time with every change of its comments.
        at = comment.created_at if event == "comment_created" else self.clock.now()
        issue = self._touch(self.state.issues[comment.issue], at)
        self._announce(Happening(event, issue, actor.account_id, at, comment=comment))

    # Changes of issues

    def change_issue(
        self,
        after: Issue,
        actor: Person,
        items: Sequence[ChangeItem],
        *,
        at: datetime | None = None,
    ) -> Issue:
        """Store a changed issue with its history entry; nothing happens when nothing changed."""
        if not items:
            return after
        now = at or self.clock.now()
        change = Change(
            id=str(self.state.next_number("change")),
            issue=after.key,
            author=actor.account_id,
            at=now,
            items=tuple(items),
        )
        self.state.changes.append(change)
        issue = self._touch(after, now)
        self._announce(Happening("jira:issue_updated", issue, actor.account_id, now, change=change))
        return issue

    def create_issue(self, draft: Issue, *, project: Project, actor: Person) -> Issue:
        """Store a new issue under the next key of its project and tell the webhooks."""
        numbers = [
            int(one.key.rpartition("-")[2])
            for one in self.state.issues.values()
            if one.project == project.key
        ]
        key = f"{project.key}-{max(numbers, default=0) + 1}"
        issue = replace(draft, id=str(self.state.next_number("issue")), key=key)
        self.state.issues[key] = issue
        self._announce(Happening("jira:issue_created", issue, actor.account_id, issue.created_at))
        return issue

    def link(self, source: Issue, target: Issue, *, kind: str, actor: Person) -> Link:
        """Link two issues and note it in the history of both."""
        link = Link(
            id=str(self.state.next_number("link")), kind=kind, source=source.key, target=target.key
        )
        self.state.links.append(link)
        self._tell_link(link, actor, is_there=True)
        return link

    def unlink(self, link: Link, *, actor: Person) -> None:
        """Take a link away and note it in the history of both."""
        self.state.links.remove(link)
        self._tell_link(link, actor, is_there=False)

    def _tell_link(self, link: Link, actor: Person, *, is_there: bool) -> None:
        _, inward, outward = LINK_KINDS[link.kind]
        for key, wording, other in (
            (link.source, outward, link.target),
            (link.target, inward, link.source),
        ):
            told = (other, f"This issue {wording} {other}")
            before, after = ((None, None), told) if is_there else (told, (None, None))
            item = ChangeItem("Link", "issuelinks", *before, *after)
            self.change_issue(self.state.issues[key], actor, [item])

    def _touch(self, issue: Issue, at: datetime) -> Issue:
        touched = replace(issue, updated_at=max(issue.updated_at, at))
        self.state.issues[issue.key] = touched
        return touched


def draft_from_adf(body: Any, visibility: CommentVisibility | None) -> CommentDraft:
    """A draft from a REST body; what is no ADF is refused as Jira does."""
    if not is_document(body):
        raise JiraRefused(400, "INVALID_INPUT")
    return CommentDraft(body=body, wiki=adf_to_wiki(body), visibility=visibility)
