"""What a route of the API is allowed to do, asked in the transaction in which it does it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Annotated, Any, Final, Generic, TypeVar

from fastapi import Depends
from starlette.requests import Request

from chargehand.domain.ids import ProjectKey
from chargehand.domain.permission import Permission
from chargehand.kit.clock import Clock
from chargehand.pipeline.authority import Authority, Proof, authority_of
from chargehand.pipeline.looking import Changing, Database, Looking, View

# In the description of every route: what it takes, and whether it takes it in every project.
PERMISSION: Final = "x-permission"
PLACE: Final = "x-permission-in"
_ORGANIZATION: Final = "organization"
_PROJECT: Final = "project"

T = TypeVar("T")
TX = TypeVar("TX", bound=View)
TX_co = TypeVar("TX_co", bound=View, covariant=True)


def needs(permission: Permission) -> dict[str, Any]:
    """A route about what belongs to the whole organization."""
    return {PERMISSION: permission.value, PLACE: _ORGANIZATION}


def needs_in_project(permission: Permission) -> dict[str, Any]:
    """A route about what belongs to a project, which its own work has to look at."""
    return {PERMISSION: permission.value, PLACE: _PROJECT}


def needs_nothing() -> dict[str, Any]:
    """A route that tells callers of themselves alone."""
    return {PERMISSION: "", PLACE: ""}


@dataclass(frozen=True, slots=True)
class Need:
    """What a route takes; None is nothing but to be known."""

    permission: Permission | None
    is_everywhere: bool = False

    @classmethod
    def of_route(cls, path: str, extra: dict[str, Any] | None) -> "Need":
        """What the description of a route says.

        Raises: TypeError where it says nothing: nobody may reach such a route.
        """
        if extra is None or PERMISSION not in extra or PLACE not in extra:
            message = f"{path} names no permission"
            raise TypeError(message)
        if not extra[PERMISSION]:
            return cls(None)
        return cls(Permission(extra[PERMISSION]), extra[PLACE] == _ORGANIZATION)


@dataclass(frozen=True, slots=True)
class Asked(Generic[TX_co]):
    """One request in its transaction, with the rights of its caller as they are now."""

    tx: TX_co
    authority: Authority
    need: Need

    @property
    def by(self) -> str:
        """The name that what is done is recorded under."""
        return self.authority.by

    @property
    def via(self) -> str:
        """The way it came."""
        return self.authority.via

    @property
    def projects(self) -> frozenset[ProjectKey] | None:
        """The projects whose things a list may hold; None for all there are."""
        permission = self.need.permission
        if permission is None:
            return frozenset()
        return self.authority.rights.projects_with(permission)

    def among(self, projects: Collection[ProjectKey]) -> frozenset[ProjectKey]:
        """Those of some projects in which the caller may do what was asked."""
        allowed = self.projects
        return frozenset(projects) if allowed is None else allowed & frozenset(projects)

    def require(self, project: ProjectKey | None) -> None:
        """Refuse unless what was asked is allowed there; None is the whole organization.

        Raises: PermissionMissing.
        """
        if self.need.permission is not None:
            self.authority.require(self.need.permission, project)

    def see(
        self, permission: Permission, project: ProjectKey | None, *, kind: str, identifier: str
    ) -> None:
        """Let a thing be as if it were not there for who may not see it; then refuse the deed.

        Raises: NotFound, PermissionMissing.
        """
        self.authority.require_seen(permission, project, kind=kind, identifier=identifier)
        self.require(project)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request comes from, and what its route takes."""

    proof: Proof
    need: Need
    database: Database
    clock: Clock

    async def read(self, work: Callable[[Asked[Looking]], T]) -> T:
        """Look, with the rights the caller has in that very transaction.

        Raises: KeyEnded, SessionEnded, PermissionMissing, and what `work` raises.
        """
        return await self.database.aread(lambda tx: work(self._asked(tx)))

    async def change(self, work: Callable[[Asked[Changing]], T]) -> T:
        """Change something, with the rights the caller has in that very transaction.

        Raises: as `read`.
        """

        def changing(tx: Changing) -> T:
            asked = self._asked(tx)
            if asked.authority.member is not None:
                tx.audit.act_through(asked.via)
            return work(asked)

        return await self.database.awrite(changing)

    def _asked(self, tx: TX) -> Asked[TX]:
        authority = authority_of(tx, self.proof, now=self.clock.now())
        permission = self.need.permission
        if permission is not None and self.need.is_everywhere:
            authority.require(permission, None)
        elif permission is not None:
            authority.require_somewhere(permission)
        return Asked(tx, authority, self.need)


async def current_caller(request: Request) -> Caller:
    """The caller the guard let in.

    It waits for nothing, but the framework would give a plain function a thread of its own.
    """
    caller = request.state.caller
    if not isinstance(caller, Caller):
        message = "a route without the guard has no caller"
        raise TypeError(message)
    return caller


Asking = Annotated[Caller, Depends(current_caller)]
