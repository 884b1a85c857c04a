"""A front's API and its pages of signing in, on a world, for tests with a browser's headers."""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import httpx
from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from chargehand.domain.member import Member, Role
from chargehand.intake.addresses import TrustedProxies
from chargehand.kit.passwords import is_password
from chargehand.members.fields import Roles
from chargehand.pipeline.sessions import SessionRules, set_password
from chargehand.testing.oidc import FakeOIDC
from chargehand.web.body import BodyReader
from chargehand.web.cors import with_cors
from chargehand.web.edge import Edge
from chargehand.web.errors import error_answers
from chargehand.web.own_page import OwnOrigin
from chargehand.web.session_cookie import SessionCookie
from chargehand.web.sign_in.checking import PasswordDesk
from chargehand.web.sign_in.oidc import OIDCDoor, oidc_routes
from chargehand.web.sign_in.pages import Ways
from chargehand.web.sign_in.provider import Provider, ProviderRules
from chargehand.web.sign_in.routes import SignInDoor, sign_in_routes
from tests.web.api.world import World

PASSWORD = "correct horse battery"
# At the least cost there is: what a digest costs to look at is written in it.
DIGEST = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
EMAIL = "ana@example.com"
BROWSER = {"sec-fetch-site": "same-origin", "user-agent": "Mozilla/5.0 (X11; Linux) Firefox"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass
class Site:
    """The pages and the API, as one application behind the front's edge."""

    world: World
    has_passwords: bool = True
    is_secure: bool = False
    public: str = ""
    origins: Sequence[str] = ()
    proxies: Sequence[str] = ()
    rules: SessionRules = field(default_factory=SessionRules)
    check: Callable[[str, str | None], bool] = is_password
    oidc: FakeOIDC | None = None
    roles: Mapping[str, Roles] = field(default_factory=dict)
    client_secret: str = ""

    def app(self) -> Starlette:
        world, cookie, own = self.world, SessionCookie(self.is_secure), OwnOrigin(self.public)
        api = world.lend(replace(world.deps(), cookie=cookie, own=own, session_rules=self.rules))
        door = SignInDoor(
            database=world.database,
            clock=world.clock,
            rules=self.rules,
            cookie=cookie,
            own=own,
            ways=Ways(self.has_passwords, "Acme" if self.oidc is not None else ""),
            passwords=PasswordDesk(world.database, TrustedProxies(self.proxies), check=self.check),
            bodies=BodyReader(),
            address=self.public,
        )
        return Starlette(
            routes=[
                Mount("/v1", app=with_cors(api, self.origins)),
                *sign_in_routes(door),
                *(oidc_routes(self._way(door, self.oidc)) if self.oidc is not None else ()),
            ],
            middleware=[Middleware(Edge)],
            exception_handlers=error_answers(),
        )

    def _way(self, door: SignInDoor, fake: FakeOIDC) -> OIDCDoor:
        rules = ProviderRules(
            issuer=fake.issuer.rstrip("/"),
            client_id=fake.client_id,
            client_secret=self.client_secret or fake.client_secret,
            roles_claim="groups",
            roles=self.roles,
        )
        return OIDCDoor(door, Provider(rules, fake, self.world.clock), self.public)

    @asynccontextmanager
    async def browser(
        self, app: Starlette | None = None, **headers: str
    ) -> AsyncIterator[httpx.AsyncClient]:
        """Somebody's browser; its pages are of this server unless a request says otherwise."""
        transport = httpx.ASGITransport(app or self.app(), raise_app_exceptions=False)
        scheme = "https" if self.is_secure else "http"
        async with httpx.AsyncClient(
            transport=transport,
            base_url=f"{scheme}://chargehand.test",
            headers={**BROWSER, **headers},
        ) as client:
            yield client


def with_password(
    world: World, name: str = "Ana Ruiz", email: str = EMAIL, role: Role = Role.APPROVER
) -> Member:
    """A member who may sign in by `PASSWORD`."""
    member = world.member(name, email, role=role)
    now = world.clock.now()
    world.database.write(lambda tx: set_password(tx, member.id, DIGEST, by="cli", now=now))
    return member


async def sign_in(
    client: httpx.AsyncClient, email: str = EMAIL, password: str = PASSWORD, **headers: str
) -> httpx.Response:
    """Fill in the form and send it."""
    data = {"email": email, "password": password}
    return await client.post("/sign-in", data=data, headers=headers)


def csrf_in(page: str) -> str:
    """What the forms of a page send along."""
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]
