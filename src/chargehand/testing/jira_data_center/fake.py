"""The fake Data Center's front for Python; it differs from Cloud's where the vendor's sites do."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette

from chargehand.testing.jira.fake import FakeJira
from chargehand.testing.jira.records import AccountType, CommentVisibility, Person
from chargehand.testing.jira.shapes import Shapes
from chargehand.testing.jira.site import CommentDraft
from chargehand.testing.jira_data_center.app import build_app
from chargehand.testing.jira_data_center.shapes import DataCenterShapes, with_names

_FIRST_KEY: Final = 90


class FakeDataCenter(FakeJira):
    """A stateful Jira Data Center site; see the package's docstring."""

    @cached_property
    def app(self) -> Starlette:
        """The ASGI application, the same each time."""
        return build_app(self, urlsplit(self.site_url).path)

    def client(self, person: Person) -> httpx.AsyncClient:
        """A client signed in as this user, which needs a token."""
        return httpx.AsyncClient(
            transport=self.transport(),
            base_url=self.site_url,
            headers={"authorization": f"Bearer {person.token}"},
        )

    def shapes(self, api: str = "2") -> Shapes:  # noqa: ARG002 - Data Center has one version.
        """What writes the site's objects."""
        return DataCenterShapes(self.state, self.site_url)

    def document(self, text: str) -> dict[str, Any]:
        """The ADF document for a text in wiki markup."""
        return self.shapes().document(text)

    def draft(
        self, body: str, *, visibility: CommentVisibility | None = None, public: bool = True
    ) -> CommentDraft:
        """A comment's content from wiki markup, mentions by user name."""
        return CommentDraft(
            body=self.document(body),
            wiki=with_names(body, self.state),
            visibility=visibility,
            public=public,
        )

    def add_person(
        self,
        name: str,
        *,
        account_id: str | None = None,  # noqa: ARG002 - a user key is made, never chosen.
        email: str | None = None,
        time_zone: str = "UTC",
        account_type: AccountType = "atlassian",
        active: bool = True,
        token: str = "",
        groups: Sequence[str] = (),
        global_permissions: Sequence[str] = (),
    ) -> Person:
        """A new user, whose key says nothing of the name; bots are users like all others."""
        number = len(self.state.people) + _FIRST_KEY
        person = super().add_person(
            name,
            account_id=f"JIRAUSER10{number}",
            email=email,
            time_zone=time_zone,
            account_type="customer" if account_type == "customer" else "atlassian",
            active=active,
            token=token,
            groups=groups,
            global_permissions=global_permissions,
        )
        return self.rename(person, ".".join(name.casefold().split()))

    def rename(self, person: Person, username: str) -> Person:
        """Give a user another name; the key stays."""
        renamed = replace(person, username=username.casefold())
        self.state.people[person.account_id] = renamed
        return renamed
