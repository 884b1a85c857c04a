"""The fake Data Center's front for Python."""

from dataclasses import replace
from functools import cached_property
from typing import Any, Final

from starlette.applications import Starlette

from chargehand.testing.confluence.app import build_app
from chargehand.testing.confluence.fake import FakeConfluence
from chargehand.testing.confluence.fake import seed_demo as seed_cloud
from chargehand.testing.confluence_data_center.rest import ENDPOINTS

PATH: Final = "/confluence"
BOT_KEY: Final = "8a81e4e6chargehand"
_KEYS: Final = {"Ana Ruiz": "8a81e4e6ana", "Mei Tanaka": "8a81e4e6mei"}


class FakeConfluenceDataCenter(FakeConfluence):
    """A stateful Confluence Data Center below a path; account ids are its user keys."""

    takes_tokens = True

    def __init__(self, **how: Any) -> None:
        super().__init__(**{"site_url": "https://wiki.example.org", **how})
        bot = self.bot
        del self.site.people[bot.account_id]
        self.bot = self.site.add_person(bot.name, account_id=BOT_KEY, token=bot.token)

    @cached_property
    def app(self) -> Starlette:
        """The ASGI application, the same each time."""
        return build_app(self, ENDPOINTS, (PATH,))


def seed_demo(fake: FakeConfluenceDataCenter) -> str:
    """The people, space and page of the demo on Cloud; returns the page's id."""
    page_id = seed_cloud(fake)
    for name, key in _KEYS.items():
        known = next(one for one in fake.site.people.values() if one.name == name)
        del fake.site.people[known.account_id]
        fake.site.add_person(name, account_id=key)
        for content in fake.site.contents.values():
            content.versions = [
                replace(one, by=key) if one.by == known.account_id else one
                for one in content.versions
            ]
    return page_id
