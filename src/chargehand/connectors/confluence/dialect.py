"""What Confluence Cloud and Data Center do differently; everything else asks one of the two."""

from collections.abc import AsyncIterator
from typing import Literal, Protocol, TypeAlias

from chargehand.connectors.confluence.seen import SeenComment, SeenPage
from chargehand.connectors.confluence.transport import Call
from chargehand.kit.tolerant import Fields
from chargehand.plugins.connector import AccountState

Marked: TypeAlias = Literal["comments", "pages"]


class Dialect(Protocol):
    """Reads, and the requests of writes, which the caller sends.

    Shape: `account` is what storage format calls an account's id; ids of spaces are what the
    dialect itself finds pages by. Every reading method raises the errors of plugins/errors.py.
    """

    @property
    def account(self) -> str:
        """What storage format calls an account's id."""
        ...

    async def page(self, page_id: str) -> SeenPage:
        """A page with its words."""
        ...

    async def find_page(self, space_id: str, title: str) -> SeenPage | None:
        """The page of a space that has this title; there is one at most."""
        ...

    async def comment(self, comment_id: str) -> SeenComment | None:
        """A comment below a page or beside a part of it; None when it is not there."""
        ...

    async def comments(self, page_id: str, *, under: SeenComment | None) -> list[SeenComment]:
        """The comments directly below a page, or the answers to one comment, newest first."""
        ...

    async def comment_mark(self, comment_id: str) -> str | None:
        """The action a comment's mark names; None without a mark."""
        ...

    async def page_mark(self, page_id: str) -> str | None:
        """The action a page's mark names; None without a mark."""
        ...

    async def version_messages(self, page_id: str) -> list[str]:
        """What the history of a page says of its newest versions."""
        ...

    async def space_id(self, key: str) -> str:
        """What finds the space with this key."""
        ...

    async def spaces(self) -> list[tuple[str, str]]:
        """Key and name of every space the bot sees."""
        ...

    async def current_user(self) -> Fields:
        """The account the sign-in belongs to."""
        ...

    async def account_state(self, account_id: str) -> AccountState:
        """Whether an account is there."""
        ...

    def search(self, cql: str, *, expand: str) -> AsyncIterator[list[Fields]]:
        """What a query in CQL finds, one page of answers at a time, to the end."""
        ...

    def add_comment(self, page_id: str, storage: str, above: SeenComment | None) -> Call:
        """The request that writes a comment below a page, or below another comment."""
        ...

    def delete_comment(self, comment: SeenComment) -> Call:
        """The request that deletes a comment."""
        ...

    def create_page(self, space_id: str, title: str, storage: str, *, parent: str | None) -> Call:
        """The request that makes a page, below the home page where no parent is named."""
        ...

    def update_page(self, page: SeenPage, storage: str, *, message: str) -> Call:
        """The request for the version after the one that was read."""
        ...

    def delete_page(self, page_id: str) -> Call:
        """The request that moves a page to the trash."""
        ...

    def mark(self, kind: Marked, content_id: str, action_id: str) -> Call:
        """The request that marks a comment or a page as an action's."""
        ...
