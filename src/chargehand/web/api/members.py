"""Members: the team, its roster, and whose accounts are whose."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response

from chargehand.domain.account import AccountRef
from chargehand.domain.ids import AccountId, ConnectionId
from chargehand.domain.json import JSONValue
from chargehand.members.fields import EVERYWHERE, Roles, read_roles
from chargehand.members.roster import Known, read_roster
from chargehand.pipeline import members as use_cases
from chargehand.pipeline.accounts import list_unmapped
from chargehand.pipeline.confirming import start_confirmation
from chargehand.pipeline.identifying import link_account, refuse_account
from chargehand.pipeline.looking import Changing
from chargehand.pipeline.rosters import export_roster, import_roster, preview_roster
from chargehand.pipeline.showing import to_json
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems, problems_with_body
from chargehand.web.api.guard import Caller, current_caller
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
Asking = Annotated[Caller, Depends(current_caller)]


def add_member_routes(router: APIRouter, deps: APIDeps) -> None:
    """Lists, adds and changes members."""
    # Addresses with a word of their own come before those with an id in the same place.
    _add_rosters(router, deps)
    _add_looking(router, deps)
    _add_changing(router, deps)
    _add_accounts(router, deps)
    _add_codes(router, deps)


def _add_rosters(router: APIRouter, deps: APIDeps) -> None:
    @router.post(
        "/members/roster",
        response_model=RosterOutcome,
        responses=problems_with_body(409),
        tags=[Tag.MEMBERS],
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
            return await deps.database.aread(
                lambda tx: to_json(preview_roster(tx, roster, removes_missing=removes, now=now))
            )
        return await deps.database.awrite(
            lambda tx: to_json(
                import_roster(tx, roster, removes_missing=removes, by=caller.actor, now=now)
            )
        )

    @router.get(
        "/members/roster",
        response_class=Response,
        responses={200: {"content": {_CSV: {}}}, **problems()},
        tags=[Tag.MEMBERS],
    )
    async def give_roster(_query: Nothing) -> Response:
        """Everybody who did not leave, as a roster that importing changes nothing."""
        lines = await deps.database.aread(lambda tx: tuple(export_roster(tx)))
        return Response("".join(lines), media_type=_CSV)


def _add_looking(router: APIRouter, deps: APIDeps) -> None:
    @router.get("/members", response_model=MemberPage, responses=problems(), tags=[Tag.MEMBERS])
    async def list_members(query: Annotated[MemberQuery, Query()]) -> JSONValue:
        """Members with their accounts, newest first, those who left included."""
        return await deps.database.aread(
            lambda tx: to_json(use_cases.list_members(tx, cursor=query.cursor, limit=query.limit))
        )

    @router.get(
        "/members/unmapped", response_model=UnmappedPage, responses=problems(), tags=[Tag.MEMBERS]
    )
    async def list_strangers(query: Annotated[UnmappedQuery, Query()]) -> JSONValue:
        """Accounts that spoke to the bot and are nobody's, with members of the same name."""
        return await deps.database.aread(
            lambda tx: to_json(list_unmapped(tx, cursor=query.cursor, limit=query.limit))
        )

    @router.get(
        "/members/{member_id}",
        response_model=Member,
        responses=problems(404),
        tags=[Tag.MEMBERS],
    )
    async def read_member(member_id: Identifier, _query: Nothing) -> JSONValue:
        """One member with every account."""
        return await deps.database.aread(
            lambda tx: to_json(use_cases.read_member_by_id(tx, member_id))
        )


def _add_changing(router: APIRouter, deps: APIDeps) -> None:
    @router.post(
        "/members", response_model=Member, responses=problems_with_body(409), tags=[Tag.MEMBERS]
    )
    async def add_member(caller: Asking, _query: Nothing, body: MemberBody) -> JSONValue:
        """Add one member; accounts that were seen with their address are matched at once."""
        now, roles = deps.clock.now(), _roles(body.roles, deps)

        def work(tx: Changing) -> JSONValue:
            added = use_cases.add_member(
                tx,
                body.name,
                email=body.email,
                time_zone=body.time_zone,
                roles=roles,
                by=caller.actor,
                now=now,
            )
            return _shown(tx, added.id)

        return await deps.database.awrite(work)

    @router.put(
        "/members/{member_id}/roles",
        response_model=Member,
        responses=_CHANGES,
        tags=[Tag.MEMBERS],
    )
    async def set_roles(
        caller: Asking, member_id: Identifier, _query: Nothing, body: RolesBody
    ) -> JSONValue:
        """Give a member these roles instead of those they had; it holds at once."""
        now, roles = deps.clock.now(), _roles(body.roles, deps)

        def work(tx: Changing) -> JSONValue:
            use_cases.set_roles(tx, member_id, roles, by=caller.actor, now=now)
            return _shown(tx, member_id)

        return await deps.database.awrite(work)

    @router.post(
        "/members/{member_id}/leave",
        response_model=Member,
        responses=_CHANGES,
        tags=[Tag.MEMBERS],
    )
    async def leave(
        caller: Asking, member_id: Identifier, _query: Nothing, _body: NothingSaid = None
    ) -> JSONValue:
        """Let a member leave: their roles and rights end at once."""
        now = deps.clock.now()

        def work(tx: Changing) -> JSONValue:
            use_cases.leave(tx, member_id, by=caller.actor, now=now)
            return _shown(tx, member_id)

        return await deps.database.awrite(work)


def _add_accounts(router: APIRouter, deps: APIDeps) -> None:
    @router.post(
        "/members/{member_id}/accounts",
        response_model=Member,
        responses=_CHANGES,
        tags=[Tag.MEMBERS],
    )
    async def link(
        caller: Asking, member_id: Identifier, _query: Nothing, body: AccountBody
    ) -> JSONValue:
        """Say that an account is a member's: it is matched, and carries no right yet.

        An operator confirms it on the host, or the person does by a code.
        """
        now, ref = deps.clock.now(), _ref(body)

        def work(tx: Changing) -> JSONValue:
            link_account(tx, member_id, ref, connections=deps.connectors, by=caller.actor, now=now)
            return _shown(tx, member_id)

        return await deps.database.awrite(work)

    @router.post(
        "/members/{member_id}/refuse",
        response_model=Member,
        responses=_CHANGES,
        tags=[Tag.MEMBERS],
    )
    async def refuse(
        caller: Asking, member_id: Identifier, _query: Nothing, body: AccountBody
    ) -> JSONValue:
        """Say that an account is not a member's: it carries nothing, and is not matched again."""
        now, ref = deps.clock.now(), _ref(body)

        def work(tx: Changing) -> JSONValue:
            refuse_account(tx, member_id, ref, by=caller.actor, now=now)
            return _shown(tx, member_id)

        return await deps.database.awrite(work)


def _add_codes(router: APIRouter, deps: APIDeps) -> None:
    @router.post(
        "/members/{member_id}/codes",
        response_model=StartedConfirmation,
        responses=_CHANGES,
        tags=[Tag.MEMBERS],
    )
    async def start(
        caller: Asking, member_id: Identifier, _query: Nothing, body: CodeBody
    ) -> JSONValue:
        """A code by which the member confirms their account there, instead of any before."""
        now = deps.clock.now()
        return await deps.database.awrite(
            lambda tx: to_json(
                start_confirmation(
                    tx,
                    member_id,
                    ConnectionId(body.connection),
                    connections=deps.connectors,
                    by=caller.actor,
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
