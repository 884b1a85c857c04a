"""Members: the team, its roster, and whose accounts are whose."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from chargehand.domain.account import AccountRef
from chargehand.domain.ids import AccountId, ConnectionId
from chargehand.domain.json import JSONValue
from chargehand.domain.permission import Permission
from chargehand.members.fields import EVERYWHERE, Roles, read_roles
from chargehand.members.roster import Known, read_roster
from chargehand.pipeline import members as use_cases
from chargehand.pipeline.accounts import list_unmapped
from chargehand.pipeline.confirming import start_confirmation
from chargehand.pipeline.identifying import link_account, refuse_account
from chargehand.pipeline.looking import Changing
from chargehand.pipeline.rosters import export_roster, import_roster, preview_roster
from chargehand.pipeline.showing import to_json
from chargehand.web.api.asking import Asked, Asking, needs
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems, problems_with_body
from chargehand.web.api.inputs import Identifier, MemberQuery, Nothing, NothingSaid, UnmappedQuery
from chargehand.web.api.member_inputs import (
    AccountBody,
    CodeBody,
    MemberBody,
    RoleBody,
    RolesBody,
    RosterBody,
)
from chargehand.web.api.member_models import (
    Member,
    MemberPage,
    RosterOutcome,
    StartedConfirmation,
    UnmappedPage,
)

_CSV: Final = "text/csv"
_CHANGES: Final = problems_with_body(404, 409)


def add_member_routes(router: APIRouter, deps: APIDeps) -> None:
    """Lists, adds and changes members."""
    # Addresses with a word of their own come before those with an id in the same place.
    _add_rosters(router, deps)
    _add_looking(router)
    _add_changing(router, deps)
    _add_leaving(router, deps)
    _add_accounts(router, deps)
    _add_codes(router, deps)


def _add_rosters(router: APIRouter, deps: APIDeps) -> None:
    @router.post(
        "/members/roster",
        response_model=RosterOutcome,
        responses=problems_with_body(409),
        tags=[Tag.MEMBERS],
        openapi_extra=needs(Permission.MEMBER_MANAGE),
    )
    async def take_roster(caller: Asking, _query: Nothing, body: RosterBody) -> JSONValue:
        """Say what a roster would change, or store all of it or nothing.

        With `is_applied` a line that can not be used is answered by 422.
        """
        now = deps.clock.now()
        known = Known(deps.connectors, deps.served_projects)
        roster = read_roster(body.csv.encode("utf-8", "surrogatepass"), known)
        removes = body.removes_missing
        if not body.is_applied:
            return await caller.read(
                lambda asked: to_json(
                    preview_roster(asked.tx, roster, removes_missing=removes, now=now)
                )
            )
        return await caller.change(
            lambda asked: to_json(
                import_roster(asked.tx, roster, removes_missing=removes, by=asked.by, now=now)
            )
        )

    @router.get(
        "/members/roster",
        response_class=Response,
        responses={200: {"content": {_CSV: {}}}, **problems()},
        tags=[Tag.MEMBERS],
        openapi_extra=needs(Permission.MEMBER_VIEW),
    )
    async def give_roster(caller: Asking, _query: Nothing) -> Response:
        """Everybody who did not leave, as a roster that importing changes nothing."""
        lines = await caller.read(lambda asked: tuple(export_roster(asked.tx)))
        return Response("".join(lines), media_type=_CSV)


def _add_looking(router: APIRouter) -> None:
    @router.get(
        "/members",
        response_model=MemberPage,
        responses=problems(),
        tags=[Tag.MEMBERS],
        openapi_extra=needs(Permission.MEMBER_VIEW),
    )
    async def list_members(caller: Asking, query: Annotated[MemberQuery, Query()]) -> JSONValue:
        """Members with their accounts, newest first, those who left included."""
        return await caller.read(
            lambda asked: to_json(
                use_cases.list_members(asked.tx, cursor=query.cursor, limit=query.limit)
            )
        )

    @router.get(
        "/members/unmapped",
        response_model=UnmappedPage,
        responses=problems(),
        tags=[Tag.MEMBERS],
        openapi_extra=needs(Permission.MEMBER_VIEW),
    )
    async def list_strangers(caller: Asking, query: Annotated[UnmappedQuery, Query()]) -> JSONValue:
        """Accounts that spoke to the bot and are nobody's, with members of the same name."""
        return await caller.read(
            lambda asked: to_json(list_unmapped(asked.tx, cursor=query.cursor, limit=query.limit))
        )

    @router.get(
        "/members/{member_id}",
        response_model=Member,
        responses=problems(404),
        tags=[Tag.MEMBERS],
        openapi_extra=needs(Permission.MEMBER_VIEW),
    )
    async def read_member(caller: Asking, member_id: Identifier, _query: Nothing) -> JSONValue:
        """One member with every account."""
        return await caller.read(
            lambda asked: to_json(use_cases.read_member_by_id(asked.tx, member_id))
        )


def _add_changing(router: APIRouter, deps: APIDeps) -> None:
    @router.post(
        "/members",
        response_model=Member,
        responses=problems_with_body(409),
        tags=[Tag.MEMBERS],
        openapi_extra=needs(Permission.MEMBER_MANAGE),
    )
    async def add_member(caller: Asking, _query: Nothing, body: MemberBody) -> JSONValue:
        """Add one member; accounts that were seen with their address are matched at once."""
        now, roles = deps.clock.now(), _roles(body.roles, deps)

        def work(asked: Asked[Changing]) -> JSONValue:
            added = use_cases.add_member(
                asked.tx,
                body.name,
                email=body.email,
                time_zone=body.time_zone,
                roles=roles,
                by=asked.by,
                now=now,
            )
            return _shown(asked.tx, added.id)

        return await caller.change(work)

    @router.put(
        "/members/{member_id}/roles",
        response_model=Member,
        responses=_CHANGES,
        tags=[Tag.MEMBERS],
        openapi_extra=needs(Permission.MEMBER_MANAGE),
    )
    async def set_roles(
        caller: Asking, member_id: Identifier, _query: Nothing, body: RolesBody
    ) -> JSONValue:
        """Give a member these roles instead of those they had; it holds at once."""
        now, roles = deps.clock.now(), _roles(body.roles, deps)

        def work(asked: Asked[Changing]) -> JSONValue:
            use_cases.set_roles(asked.tx, member_id, roles, by=asked.by, now=now)
            return _shown(asked.tx, member_id)

        return await caller.change(work)


def _add_leaving(router: APIRouter, deps: APIDeps) -> None:
    @router.post(
        "/members/{member_id}/leave",
        response_model=Member,
        responses=_CHANGES,
        tags=[Tag.MEMBERS],
        openapi_extra=needs(Permission.MEMBER_MANAGE),
    )
    async def leave(
        caller: Asking, member_id: Identifier, _query: Nothing, _body: NothingSaid = None
    ) -> JSONValue:
        """Let a member leave: their roles and rights end at once."""
        now = deps.clock.now()

        def work(asked: Asked[Changing]) -> JSONValue:
            use_cases.leave(asked.tx, member_id, by=asked.by, now=now)
            return _shown(asked.tx, member_id)

        return await caller.change(work)


def _add_accounts(router: APIRouter, deps: APIDeps) -> None:
    @router.post(
        "/members/{member_id}/accounts",
        response_model=Member,
        responses=_CHANGES,
        tags=[Tag.MEMBERS],
        openapi_extra=needs(Permission.MEMBER_MANAGE),
    )
    async def link(
        caller: Asking, member_id: Identifier, _query: Nothing, body: AccountBody
    ) -> JSONValue:
        """Say that an account is a member's: it is matched, and carries no right yet.

        An operator confirms it on the host, or the person does by a code.
        """
        now, ref = deps.clock.now(), _ref(body)

        def work(asked: Asked[Changing]) -> JSONValue:
            link_account(
                asked.tx, member_id, ref, connections=deps.connectors, by=asked.by, now=now
            )
            return _shown(asked.tx, member_id)

        return await caller.change(work)

    @router.post(
        "/members/{member_id}/refuse",
        response_model=Member,
        responses=_CHANGES,
        tags=[Tag.MEMBERS],
        openapi_extra=needs(Permission.MEMBER_MANAGE),
    )
    async def refuse(
        caller: Asking, member_id: Identifier, _query: Nothing, body: AccountBody
    ) -> JSONValue:
        """Say that an account is not a member's: it carries nothing, and is not matched again."""
        now, ref = deps.clock.now(), _ref(body)

        def work(asked: Asked[Changing]) -> JSONValue:
            refuse_account(asked.tx, member_id, ref, by=asked.by, now=now)
            return _shown(asked.tx, member_id)

        return await caller.change(work)


def _add_codes(router: APIRouter, deps: APIDeps) -> None:
    @router.post(
        "/members/{member_id}/codes",
        response_model=StartedConfirmation,
        responses=_CHANGES,
        tags=[Tag.MEMBERS],
        openapi_extra=needs(Permission.MEMBER_MANAGE),
    )
    async def start(
        caller: Asking, member_id: Identifier, _query: Nothing, body: CodeBody
    ) -> JSONValue:
        """A code by which the member confirms their account there, instead of any before."""
        now = deps.clock.now()
        return await caller.change(
            lambda asked: to_json(
                start_confirmation(
                    asked.tx,
                    member_id,
                    ConnectionId(body.connection),
                    connections=deps.connectors,
                    by=asked.by,
                    now=now,
                )
            )
        )


def _roles(found: Sequence[RoleBody], deps: APIDeps) -> Roles:
    written = (f"{one.project or EVERYWHERE}:{one.role.value}" for one in found)
    return read_roles(" ".join(written), (), deps.served_projects)


def _ref(body: AccountBody) -> AccountRef:
    return AccountRef(ConnectionId(body.connection), AccountId(body.account))


def _shown(tx: Changing, member_id: str) -> JSONValue:
    return to_json(use_cases.read_member_by_id(tx, member_id))
