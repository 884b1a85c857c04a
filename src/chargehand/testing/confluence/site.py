"""What the fake site holds, and what people do there."""

import itertools
import re
from dataclasses import dataclass, field
from datetime import datetime
from html.entities import name2codepoint
from typing import Any, Final, Literal, TypeAlias
from xml.parsers import expat

from chargehand.kit.clock import Clock
from chargehand.testing.confluence.refusals import ConfluenceRefused

ContentType: TypeAlias = Literal["page", "comment"]
_FIRST_ID: Final = 98_304
_ENTITIES: Final = "".join(
    f'<!ENTITY {name} "&#{code};">'
    for name, code in name2codepoint.items()
    if name not in ("lt", "gt", "amp", "quot")
)
_BARE_MACRO: Final = re.compile(r'<ac:structured-macro ac:name="(\w+)">')
_TITLE_CHARS: Final = 255


@dataclass(frozen=True, slots=True)
class Person:
    """An account; `token` is empty for somebody who only uses the site by hand."""

    account_id: str
    name: str
    email: str
    token: str = ""
    account_type: str = "atlassian"


@dataclass(frozen=True, slots=True)
class Space:
    """A space and the page it begins with."""

    id: int
    key: str
    name: str
    homepage_id: str


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a page or comment."""

    number: int
    at: datetime
    by: str
    storage: str
    message: str = ""


@dataclass(slots=True)
class Content:
    """A page or a comment with all its versions, oldest first."""

    id: str
    type: ContentType
    space: str
    title: str
    versions: list[Version]
    page_id: str = ""
    parent_id: str = ""
    beside: str | None = None
    status: str = "current"
    properties: dict[str, Any] = field(default_factory=dict)

    @property
    def first(self) -> Version:
        """How it began."""
        return self.versions[0]

    @property
    def last(self) -> Version:
        """How it is now."""
        return self.versions[-1]


class Site:
    """People, spaces, pages and comments of one site."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.people: dict[str, Person] = {}
        self.spaces: dict[str, Space] = {}
        self.contents: dict[str, Content] = {}
        self._ids = itertools.count(_FIRST_ID)

    def add_person(
        self,
        name: str,
        *,
        account_id: str = "",
        email: str = "",
        token: str = "",
        account_type: str = "atlassian",
    ) -> Person:
        """A new account."""
        plain = ".".join(name.casefold().split())
        person = Person(
            account_id or f"712020:{plain}",
            name,
            email or f"{plain}@example.com",
            token,
            account_type,
        )
        self.people[person.account_id] = person
        return person

    def add_space(self, key: str, *, name: str = "", by: str) -> Space:
        """A space with its home page."""
        space_id = next(self._ids)
        home = self.write_page(key, name or key, "<p />", by=by, needs_space=False)
        space = Space(space_id, key, name or key, home.id)
        self.spaces[key] = space
        return space

    def write_page(
        self,
        space: str,
        title: str,
        storage: str,
        *,
        by: str,
        parent_id: str = "",
        needs_space: bool = True,
    ) -> Content:
        """A new page.

        Raises: ConfluenceRefused for a taken or impossible title, or what is no storage format.
        """
        if needs_space and space not in self.spaces:
            raise ConfluenceRefused(404, "NOT_FOUND", f"No space with key {space}")
        if not title.strip() or len(title) > _TITLE_CHARS:
            raise ConfluenceRefused(400, "INVALID_REQUEST_PARAMETER", "The title is not usable")
        if any(one.title == title for one in self.pages(space)):
            text = "A page with this title already exists: a page must have its own title"
            raise ConfluenceRefused(400, "BAD_REQUEST", text)
        home = self.spaces[space].homepage_id if space in self.spaces else ""
        if parent_id and parent_id not in self.contents:
            raise ConfluenceRefused(404, "NOT_FOUND", "The parent was not found")
        page = self._new("page", space, title, storage, by=self._account(by))
        page.parent_id = parent_id or home
        return page

    def edit_page(
        self, page_id: str, storage: str, *, by: str, number: int | None = None, message: str = ""
    ) -> Content:
        """Other words for a page.

        Raises: ConfluenceRefused with 409 when `number` does not follow the last version.
        """
        page = self.content(page_id, "page")
        if number is not None and number != page.last.number + 1:
            text = f"Version must be incremented when updating a page. Current: {page.last.number}"
            raise ConfluenceRefused(409, "CONFLICT", text)
        self._change(page, storage, by=self._account(by), message=message)
        return page

    def comment(
        self,
        page_id: str,
        storage: str,
        *,
        by: str,
        parent_id: str = "",
        beside: str | None = None,
    ) -> Content:
        """A comment below a page, or beside words of it; an answer is where its parent is."""
        page = self.content(page_id, "page")
        comment = self._new(
            "comment", page.space, f"Re: {page.title}", storage, by=self._account(by)
        )
        comment.page_id, comment.parent_id, comment.beside = page_id, parent_id, beside
        if parent_id:
            comment.beside = self.content(parent_id, "comment").beside
        return comment

    def edit_comment(self, comment_id: str, storage: str, *, by: str) -> Content:
        """Other words for a comment."""
        comment = self.content(comment_id, "comment")
        self._change(comment, storage, by=self._account(by))
        return comment

    def remove(self, content_id: str) -> None:
        """A page goes to the trash; a comment, with the answers to it, for good."""
        content = self.contents.get(content_id)
        if content is None or content.status != "current":
            raise ConfluenceRefused(404, "NOT_FOUND", "Not found")
        if content.type == "page":
            content.status = "trashed"
            return
        for answer in self.answers(content_id):
            self.remove(answer.id)
        del self.contents[content_id]

    def content(self, content_id: str, kind: ContentType) -> Content:
        """A page or a comment that is there.

        Raises: ConfluenceRefused with 404.
        """
        found = self.contents.get(content_id)
        if found is None or found.type != kind:
            raise ConfluenceRefused(404, "NOT_FOUND", f"No {kind} with id {content_id}")
        return found

    def pages(self, space: str) -> list[Content]:
        """The pages of a space that are not in the trash."""
        everything = self.contents.values()
        return [
            one
            for one in everything
            if one.type == "page" and one.space == space and one.status == "current"
        ]

    def comments(self, page_id: str) -> list[Content]:
        """Every comment of a page, oldest first."""
        return [one for one in self.contents.values() if one.page_id == page_id]

    def answers(self, comment_id: str) -> list[Content]:
        """The comments that answer another one, oldest first."""
        everything = self.contents.values()
        return [one for one in everything if one.type == "comment" and one.parent_id == comment_id]

    def ancestors(self, content: Content) -> list[Content]:
        """What a comment answers, outermost first."""
        found: list[Content] = []
        parent = self.contents.get(content.parent_id)
        while parent is not None:
            found.insert(0, parent)
            parent = self.contents.get(parent.parent_id)
        return found

    def _account(self, by: str) -> str:
        named = [one.account_id for one in self.people.values() if by in (one.account_id, one.name)]
        if not named:
            raise ConfluenceRefused(400, "BAD_REQUEST", f"by: nobody is called {by}")
        return named[0]

    def _new(self, kind: ContentType, space: str, title: str, storage: str, *, by: str) -> Content:
        content_id = str(next(self._ids))
        first = Version(1, self.clock.now(), by, self._stored(storage, content_id))
        content = Content(content_id, kind, space, title, [first])
        self.contents[content_id] = content
        return content

    def _change(self, content: Content, storage: str, *, by: str, message: str = "") -> None:
        number = content.last.number + 1
        stored = self._stored(storage, f"{content.id}-{number}")
        content.versions.append(Version(number, self.clock.now(), by, stored, message))

    def _stored(self, storage: str, name: str) -> str:
        parser = expat.ParserCreate("utf-8")
        document = f"<!DOCTYPE x [{_ENTITIES}]><x>{storage}</x>"
        try:
            parser.Parse(document.encode("utf-8", "replace"), True)  # noqa: FBT003 - the library's.
        except expat.ExpatError as error:
            text = f"Error parsing xhtml: {error}"
            raise ConfluenceRefused(400, "INVALID_REQUEST_PARAMETER", text) from error
        # Confluence gives every macro an id when it stores it.
        given = rf'<ac:structured-macro ac:name="\1" ac:schema-version="1" ac:macro-id="{name}">'
        return _BARE_MACRO.sub(given, storage)
