"""A code host that both fakes show, each in its own words: what people do, and what it tells of."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import msgspec

from chargehand.domain.errors import Rejected
from chargehand.kit.clock import Clock
from chargehand.testing.bitbucket.records import (
    ChangedFile,
    Comment,
    Commit,
    Happening,
    Person,
    PullRequest,
    Repository,
    Run,
    State,
    Status,
    Webhook,
)

NO_COMMIT: Final = ""


class NotThere(Rejected):
    """Something the fake does not have."""

    code = "fake_bitbucket_not_there"
    template = "The fake has no {what}."


class Told(msgspec.Struct):
    """One thing that happened, before a voice words it."""

    what: str
    repository: Repository
    actor: Person
    at: datetime
    pull_request: PullRequest | None = None
    comment: Comment | None = None
    status: Status | None = None
    branch: str = ""
    before: str = ""
    after: str = ""
    message: str = ""
    is_forced: bool = False


class Voice(Protocol):
    """Words what happened as one vendor's webhook; None where the vendor tells nothing of it."""

    def word(self, told: Told) -> tuple[str, dict[str, object]] | None:
        """The event key and the payload."""
        ...


class Host:
    """The state and everything that changes it."""

    def __init__(self, clock: Clock, *, state_path: Path | None = None) -> None:
        self.clock = clock
        self.path = state_path
        self.state = _read(state_path)
        self.is_new = not self.state.people
        self.tell: Callable[[Told], None] = lambda _: None

    # People and repositories

    def add_person(
        self, name: str, *, email: str = "", token: str = "", is_app: bool = False
    ) -> Person:
        """A person by name; their slug is its first word."""
        slug = name.split(maxsplit=1)[0].lower()
        number = self._next()
        person = Person(
            account_id=f"712020:{slug}",
            uuid=f"{{{_digest('person', number)[:8]}-0000-4000-8000-{number:012d}}}",
            name=name,
            slug=slug,
            email=email,
            token=token,
            is_app=is_app,
        )
        self.state.people[slug] = person
        return person

    def person(self, wanted: str) -> Person:
        """A person by slug, name, account id or uuid.

        Raises: NotThere.
        """
        for one in self.state.people.values():
            if wanted in (one.slug, one.name, one.account_id, one.uuid, one.email) and wanted:
                return one
        raise NotThere(what=f"person {wanted!r}")

    def add_repository(self, full_name: str, *, is_private: bool = True) -> Repository:
        """A repository with one branch, `main`, which everybody there is may read."""
        number = self._next()
        repository = Repository(
            full_name=full_name,
            uuid=f"{{{_digest('repository', number)[:8]}-0000-4000-8000-{number:012d}}}",
            is_private=is_private,
            branches={"main": self._commit(full_name)},
            readers=list(self.state.people),
        )
        self.state.repositories[full_name] = repository
        return repository

    def repository(self, full_name: str) -> Repository:
        """A repository by its present name.

        Raises: NotThere.
        """
        if full_name not in self.state.repositories:
            raise NotThere(what=f"repository {full_name}")
        return self.state.repositories[full_name]

    def rename(self, full_name: str, new_name: str) -> None:
        """Give a repository another name; the old one leads to it."""
        repository = self.state.repositories.pop(full_name)
        repository.full_name = new_name
        self.state.repositories[new_name] = repository
        self.state.renamed[full_name] = new_name

    # Pull requests

    def open_pull_request(
        self,
        repository: str,
        author: str,
        *,
        title: str,
        source: str = "feature/x",
        target: str = "main",
        description: str = "",
        reviewers: tuple[str, ...] = (),
        source_repository: str = "",
        files: Sequence[ChangedFile] = (),
    ) -> PullRequest:
        """A person opens a pull request, of a branch that is made for it where it is not there."""
        where, who, now = self.repository(repository), self.person(author), self.clock.now()
        if source not in where.branches:
            where.branches[source] = self._commit(source)
        number = max(where.pull_requests, default=0) + 1
        pull_request = PullRequest(
            number=number,
            title=title,
            description=description,
            author=who.slug,
            source=source,
            target=target,
            head=where.branches[source],
            created_at=now,
            updated_at=now,
            source_repository=source_repository or repository,
            reviewers={self.person(one).slug: "" for one in reviewers},
            files=[*files],
        )
        where.pull_requests[number] = pull_request
        self._note(pull_request, "opened", who)
        self._told("opened", where, who, pull_request)
        return pull_request

    def update_pull_request(
        self, repository: str, number: int, author: str, *, title: str | None = None
    ) -> PullRequest:
        """A person changes the title, or says the same again."""
        where, pull_request, who = self._find(repository, number, author)
        pull_request.title = title or pull_request.title
        self._touch(pull_request, "updated", who)
        self._told("updated", where, who, pull_request)
        return pull_request

    def approve(self, repository: str, number: int, author: str) -> None:
        """A person approves."""
        where, pull_request, who = self._find(repository, number, author)
        pull_request.reviewers[who.slug] = "approved"
        pull_request.approvals[who.slug] = self.clock.now()
        self._touch(pull_request, "approved", who)
        self._told("approved", where, who, pull_request)

    def unapprove(self, repository: str, number: int, author: str) -> None:
        """A person takes an approval back."""
        where, pull_request, who = self._find(repository, number, author)
        pull_request.reviewers[who.slug] = ""
        pull_request.approvals.pop(who.slug, None)
        self._touch(pull_request, "unapproved", who)
        self._told("unapproved", where, who, pull_request)

    def ask_for_changes(self, repository: str, number: int, author: str) -> None:
        """A person asks for changes."""
        where, pull_request, who = self._find(repository, number, author)
        pull_request.reviewers[who.slug] = "changes_requested"
        self._touch(pull_request, "changes_requested", who)
        self._told("changes_requested", where, who, pull_request)

    def merge(self, repository: str, number: int, author: str) -> None:
        """A person merges; the source branch goes."""
        where, pull_request, who = self._find(repository, number, author)
        pull_request.state = "MERGED"
        where.branches.pop(pull_request.source, None)
        self._touch(pull_request, "merged", who)
        self._told("merged", where, who, pull_request)

    def decline(self, repository: str, number: int, author: str) -> None:
        """A person declines."""
        where, pull_request, who = self._find(repository, number, author)
        pull_request.state = "DECLINED"
        self._touch(pull_request, "declined", who)
        self._told("declined", where, who, pull_request)

    def set_reviewers(self, repository: str, number: int, author: str, slugs: list[str]) -> None:
        """Who is asked to look, and nobody else; what they said stays."""
        where, pull_request, who = self._find(repository, number, author)
        kept = {slug: pull_request.reviewers.get(slug, "") for slug in slugs}
        pull_request.reviewers = kept
        self._touch(pull_request, "reviewers", who)
        self._told("reviewers", where, who, pull_request)

    # Comments

    def comment(
        self,
        repository: str,
        number: int,
        author: str,
        *,
        text: str,
        parent: int | None = None,
        path: str | None = None,
        line: int | None = None,
    ) -> Comment:
        """A person comments, beside a line or in answer to somebody.

        Raises: NotThere for an answer to what is not there.
        """
        where, pull_request, who = self._find(repository, number, author)
        if parent is not None and self.live_comment(pull_request, parent) is None:
            raise NotThere(what=f"comment {parent}")
        now = self.clock.now()
        root = pull_request.comments[parent] if parent is not None else None
        comment = Comment(
            id=self._next(),
            author=who.slug,
            text=text.strip(),
            created_at=now,
            updated_at=now,
            parent=parent,
            path=path or (root.path if root else None),
            line=line or (root.line if root else None),
        )
        pull_request.comments[comment.id] = comment
        pull_request.updated_at = now
        self._told("commented", where, who, pull_request, comment)
        return comment

    def edit_comment(self, repository: str, number: int, comment_id: int, text: str) -> Comment:
        """Whoever wrote a comment writes it anew."""
        where, pull_request, _ = self._find(repository, number, None)
        comment = pull_request.comments[comment_id]
        comment.text = text.strip()
        comment.version += 1
        comment.updated_at = pull_request.updated_at = self.clock.now()
        self._told("edited", where, self.person(comment.author), pull_request, comment)
        return comment

    def delete_comment(self, repository: str, number: int, comment_id: int, by: str = "") -> None:
        """A comment goes; one that was answered stays without its words."""
        where, pull_request, _ = self._find(repository, number, None)
        comment = pull_request.comments[comment_id]
        comment.is_deleted = True
        comment.updated_at = pull_request.updated_at = self.clock.now()
        self._told("uncommented", where, self.person(by or comment.author), pull_request, comment)

    def live_comment(self, pull_request: PullRequest, comment_id: int) -> Comment | None:
        """A comment that was not deleted."""
        found = pull_request.comments.get(comment_id)
        return None if found is None or found.is_deleted else found

    def answers_to(self, pull_request: PullRequest, comment_id: int) -> list[Comment]:
        """The comments that answer one, oldest first."""
        return [
            one
            for one in pull_request.comments.values()
            if one.parent == comment_id and not one.is_deleted
        ]

    # Branches, builds, pipelines

    def push(
        self,
        repository: str,
        author: str,
        branch: str,
        *,
        message: str = "Work",
        force: bool = False,
        delete: bool = False,
    ) -> str:
        """A person pushes one commit, or deletes the branch; open pull requests follow."""
        where, who = self.repository(repository), self.person(author)
        before = where.branches.get(branch, NO_COMMIT)
        after = NO_COMMIT if delete else self._commit(message)
        if delete:
            where.branches.pop(branch, None)
        else:
            where.branches[branch] = after
            where.commits[after] = Commit("" if force else before, message, who.slug)
        self.tell(
            Told(
                what="pushed",
                repository=where,
                actor=who,
                at=self.clock.now(),
                branch=branch,
                before=before,
                after=after,
                message=message,
                is_forced=force,
            )
        )
        for pull_request in where.pull_requests.values():
            if pull_request.source == branch and pull_request.state == "OPEN":
                pull_request.head = after
                self._touch(pull_request, "rescoped", who)
                self._told("rescoped", where, who, pull_request)
        return after

    def commits_between(self, repository: Repository, before: str, after: str) -> list[str]:
        """The commits that are on `after` and not on `before`, newest first."""
        reached = set(_history(repository, before))
        return [one for one in _history(repository, after) if one not in reached]

    def commits_of(self, repository: Repository) -> set[str]:
        """Every commit that is or was at the end of a branch or of a pull request."""
        heads = (one.head for one in repository.pull_requests.values())
        return {*repository.branches.values(), *repository.commits, *heads}

    def report(
        self,
        repository: str,
        commit: str,
        *,
        key: str = "build",
        state: str = "SUCCESSFUL",
        name: str = "",
    ) -> Status:
        """A build reports of a commit; again under its key it says something new."""
        where, now = self.repository(repository), self.clock.now()
        known = [one for one in where.statuses if (one.commit, one.key) == (commit, key)]
        status = known[0] if known else Status(commit, key, "", "", "", now, now)
        if not known:
            where.statuses.append(status)
        status.name, status.state, status.updated_at = name or key, state, now
        status.url = f"https://ci.example.com/{key}"
        actor = self.person(self.state.bot) if self.state.bot else next(iter(self.people()))
        told = Told(what="built", repository=where, actor=actor, at=now, status=status)
        self.tell(told)
        return status

    def run(self, repository: str, fields: dict[str, object]) -> Run:
        """A pipeline begins."""
        where = self.repository(repository)
        number = len(where.runs) + 1
        run = msgspec.convert(
            {
                "uuid": f"{{{_digest('run', number)[:8]}-0000-4000-8000-{number:012d}}}",
                "number": number,
                "created_at": self.clock.now(),
                **fields,
            },
            Run,
        )
        where.runs.append(run)
        return run

    def add_webhook(self, repository: str, url: str, secret: str, events: list[str]) -> Webhook:
        """Whoever asked is told of what happens from now on."""
        where = self.repository(repository)
        number = self._next()
        webhook = Webhook(
            id=f"{{{_digest('hook', number)[:8]}-0000-4000-8000-{number:012d}}}",
            url=url,
            secret=secret,
            events=events,
        )
        where.webhooks.append(webhook)
        return webhook

    def people(self) -> list[Person]:
        """Everybody, in the order they came."""
        return list(self.state.people.values())

    def save(self) -> None:
        """Write the state file, whole or not at all."""
        if self.path is None:
            return
        beside = self.path.with_suffix(f"{self.path.suffix}.new")
        beside.write_bytes(msgspec.json.encode(self.state))
        beside.replace(self.path)

    def _find(
        self, repository: str, number: int, author: str | None
    ) -> tuple[Repository, PullRequest, Person]:
        where = self.repository(repository)
        if number not in where.pull_requests:
            raise NotThere(what=f"pull request {repository}#{number}")
        pull_request = where.pull_requests[number]
        return where, pull_request, self.person(author or pull_request.author)

    def _touch(self, pull_request: PullRequest, what: str, who: Person) -> None:
        pull_request.updated_at = self.clock.now()
        pull_request.version += 1
        self._note(pull_request, what, who)

    def _note(self, pull_request: PullRequest, what: str, who: Person) -> None:
        number = self._next()
        pull_request.activity.append(Happening(number, what, who.slug, self.clock.now()))

    def _told(
        self,
        what: str,
        where: Repository,
        who: Person,
        pull_request: PullRequest,
        comment: Comment | None = None,
    ) -> None:
        now = self.clock.now()
        told = Told(
            what=what,
            repository=where,
            actor=who,
            at=now,
            pull_request=pull_request,
            comment=comment,
        )
        self.tell(told)

    def _next(self) -> int:
        self.state.next_id += 1
        return self.state.next_id

    def _commit(self, message: str) -> str:
        return _digest(message, self._next())


def _history(repository: Repository, commit: str) -> list[str]:
    """A commit with those it follows, newest first, as far as somebody pushed them."""
    found = []
    while commit in repository.commits:
        found.append(commit)
        commit = repository.commits[commit].parent
    return found


def _digest(text: str, number: int) -> str:
    return hashlib.sha256(f"{text}\0{number}".encode()).hexdigest()[:40]


def _read(path: Path | None) -> State:
    if path is None or not path.is_file():
        return State()
    return msgspec.json.decode(path.read_bytes(), type=State)
