"""Pages as actions: made, changed part by part, and taken back to the trash."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from chargehand.connectors.confluence.config import ConfluenceConfig
from chargehand.connectors.confluence.dialect import Dialect
from chargehand.connectors.confluence.marks import version_message
from chargehand.connectors.confluence.params import (
    read_create_params,
    read_delete_page_base,
    read_delete_page_params,
    read_no_base,
    read_page_id,
    read_space,
    read_update_base,
    read_update_params,
)
from chargehand.connectors.confluence.plans import BASE_CHANGED, CLOCK_MARGIN, Plan
from chargehand.connectors.confluence.render import PAGE_LIMIT_CHARS, render_page
from chargehand.connectors.confluence.sections import find_section, replaced
from chargehand.connectors.confluence.seen import id_in
from chargehand.connectors.confluence.transport import ConfluenceTransport, decode
from chargehand.domain.action import ApprovedAction, Done, Refused
from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONObject
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect, SentAction
from chargehand.plugins.errors import TargetMissing
from chargehand.plugins.markdown_writing import refuse_too_long
from chargehand.plugins.outcomes import VENDOR_FAILURES

TITLE_TAKEN: Final = "title_taken"
_CREATE: Final = "create a page"
_CURRENT: Final = "current"


@dataclass(frozen=True, slots=True)
class PageActions:
    """Prepares changes of pages and finds them again; reads only, but for the mark of a page.

    Every method raises what `ConfluenceTransport.read` raises, and ParamInvalid, ParamUnknown or
    TextTooLong.
    """

    config: ConfluenceConfig
    transport: ConfluenceTransport
    queries: Dialect
    find_bot: Callable[[], Awaitable[AccountId]]

    async def prepare_creation(self, action: ApprovedAction) -> Plan | Refused:
        """A new page, unless the space has one with this title."""
        params = read_create_params(action.params)
        read_no_base(action.base)
        storage = render_page(params.markdown)
        space_id = await self.queries.space_id(read_space(action.target))
        taken = await self.queries.find_page(space_id, params.title)
        if taken is not None:
            return Refused(TITLE_TAKEN, f"page {taken.id} of this space has that title")
        call = self.queries.create_page(space_id, params.title, storage, parent=params.parent_id)

        async def finish(answer: bytes) -> Done:
            page_id = id_in(decode(answer, operation=_CREATE), "id")
            is_marked = await self._mark(action.action_id, page_id)
            detail: JSONObject = {} if is_marked else {"marked": False}
            return Done(page_id, self.config.page_url(page_id), detail)

        return Plan(call, finish)

    async def look_up_creation(self, action: SentAction, past: PastEffect) -> LookUp:
        """Whether the space has the page, by its mark, or for want of it, by who made it when."""
        params = read_create_params(action.params)
        space_id = await self.queries.space_id(read_space(action.target))
        page = await self.queries.find_page(space_id, params.title)
        if page is None:
            return LookUp(LookUpState.ABSENT)
        mark = await self.queries.page_mark(page.id)
        is_recent = page.created_at >= past.intended_at - CLOCK_MARGIN
        is_ours = page.author_id == await self.find_bot() and is_recent
        if mark == action.action_id or (mark is None and is_ours):
            url = self.config.page_url(page.id)
            return LookUp(LookUpState.FOUND, external_id=page.id, url=url)
        return LookUp(LookUpState.ABSENT)

    async def prepare_update(self, action: ApprovedAction) -> Plan | Done | Refused:
        """Other words for a page or a part of it, unless somebody changed that very part.

        What others changed elsewhere on the page stays: the change is made on what stands there
        now.
        """
        params, base = read_update_params(action.params), read_update_base(action.base)
        page_id = read_page_id(action.target)
        wanted = render_page(params.markdown) if params.storage is None else params.storage
        page = await self.queries.page(page_id)
        if page.status != _CURRENT:
            return Refused(BASE_CHANGED, f"page {page_id} is {page.status or 'not there'} now")
        section = find_section(page.storage, params.heading)
        if section is None:
            return Refused(BASE_CHANGED, f'page {page_id} has no one heading "{params.heading}"')
        if section.text == wanted:
            return Done(page_id, self.config.page_url(page_id), {"already": True})
        if section.digest != base.digest:
            detail = f"that part of page {page_id} was changed since version {base.version}"
            return Refused(BASE_CHANGED, detail)
        storage = replaced(page.storage, section, wanted)
        refuse_too_long(storage, surface="Confluence", limit_chars=PAGE_LIMIT_CHARS)
        call = self.queries.update_page(page, storage, message=version_message(action.action_id))
        number = page.version + 1

        async def finish(_answer: bytes) -> Done:
            detail = {"version": number, **await self._stored(page_id, params.heading, number)}
            return Done(page_id, self.config.page_url(page_id), detail)

        return Plan(call, finish)

    async def look_up_update(self, action: SentAction, _past: PastEffect) -> LookUp:
        """Whether the history of the page names the action."""
        page_id = read_page_id(action.target)
        if version_message(action.action_id) not in await self.queries.version_messages(page_id):
            return LookUp(LookUpState.ABSENT)
        url = self.config.page_url(page_id)
        return LookUp(LookUpState.FOUND, external_id=page_id, url=url)

    async def prepare_deletion(self, action: ApprovedAction) -> Plan | Done | Refused:
        """A page of ours goes to the trash, unless somebody changed it."""
        title = read_delete_page_params(action.params).title
        base, page_id = read_delete_page_base(action.base), read_page_id(action.target)
        try:
            page = await self.queries.page(page_id)
        except TargetMissing:
            return Done(page_id, "", {"already": True})
        if page.status != _CURRENT:
            return Done(page_id, "", {"already": True})
        if await self.queries.page_mark(page_id) != base.action_id:
            return Refused(BASE_CHANGED, f"page {page_id} is not the one that was made")
        if page.version != base.version or page.title != title:
            return Refused(BASE_CHANGED, f"page {page_id} was changed since it was made")
        call = self.queries.delete_page(page_id)

        async def finish(_answer: bytes) -> Done:
            return Done(page_id, "")

        return Plan(call, finish)

    async def look_up_deletion(self, action: SentAction, _past: PastEffect) -> LookUp:
        """Whether the page is in the trash."""
        page_id = read_page_id(action.target)
        try:
            page = await self.queries.page(page_id)
        except TargetMissing:
            return LookUp(LookUpState.FOUND, external_id=page_id)
        is_there = page.status == _CURRENT
        state = LookUpState.ABSENT if is_there else LookUpState.FOUND
        return LookUp(state, external_id="" if is_there else page_id)

    async def _stored(self, page_id: str, heading: str, number: int) -> JSONObject:
        """What was made of the words when they were stored, by which an undo knows them again."""
        try:
            page = await self.queries.page(page_id)
        except VENDOR_FAILURES:
            return {}
        section = find_section(page.storage, heading) if page.version == number else None
        return {} if section is None else {"digest": section.digest}

    async def _mark(self, action_id: str, page_id: str) -> bool:
        try:
            await self.transport.write(self.queries.mark("pages", page_id, action_id))
        except VENDOR_FAILURES:
            # The page stands; a later look-up falls back to who made it when.
            return False
        return True
