"""`/sign-in`, `/session` and `/sign-out`: a browser proves who is there, sees it, and leaves."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeAlias

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from chargehand.domain.errors import ChargehandError, Retryable
from chargehand.domain.ids import MemberId
from chargehand.domain.sign_in import Device, SignInMethod
from chargehand.intake.errors import BodyCutOff, BodySlow, IntakeBusy
from chargehand.kit.clock import Clock
from chargehand.pipeline.authority import WEB
from chargehand.pipeline.errors import NotFound, SessionEnded
from chargehand.pipeline.looking import Changing, Database, View
from chargehand.pipeline.sessions import (
    SessionRules,
    csrf_token,
    end_session,
    find_session,
    list_sessions,
    start_session,
)
from chargehand.web.body import BodyReader
from chargehand.web.own_page import OwnOrigin, is_from_own_page
from chargehand.web.session_cookie import SessionCookie
from chargehand.web.sign_in.checking import (
    DoorBusy,
    ForeignForm,
    FormUnreadable,
    NotSignedIn,
    PasswordDesk,
    PasswordWrong,
    TooManyTries,
    read_form,
)
from chargehand.web.sign_in.pages import Ways, session_page, sign_in_page

_SEE_OTHER: Final = 303
_STATUSES: Final[Mapping[type[ChargehandError], int]] = {
    PasswordWrong: 401,
    SessionEnded: 401,
    NotSignedIn: 401,
    ForeignForm: 403,
    TooManyTries: 429,
    BodySlow: 408,
}
_REFUSED: Final = (
    PasswordWrong,
    TooManyTries,
    DoorBusy,
    ForeignForm,
    FormUnreadable,
    SessionEnded,
    NotSignedIn,
    BodySlow,
    BodyCutOff,
    IntakeBusy,
)
_PHONES: Final = ("mobile", "android", "iphone", "ipad")
Work: TypeAlias = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class SignInDoor:
    """What the pages of signing in are made of; `address` is where people reach them, if known."""

    database: Database
    clock: Clock
    rules: SessionRules
    cookie: SessionCookie
    own: OwnOrigin
    ways: Ways
    passwords: PasswordDesk
    bodies: BodyReader
    address: str = ""

    async def let_in(self, request: Request, member_id: MemberId, method: SignInMethod) -> Response:
        """Begin a session, instead of the one the browser may have had, and show it."""
        now, device = self.clock.now(), device_of(request.headers.get("user-agent", ""))
        started = await self.database.awrite(
            lambda tx: start_session(
                tx, member_id, method, device=device, rules=self.rules, now=now
            )
        )
        await self._end_own(request)
        response = RedirectResponse(f"{_way_up(request)}session", status_code=_SEE_OTHER)
        self.cookie.set_on(response, started.secret, lasts_s=int(self.rules.lasts.total_seconds()))
        return _uncached(response)

    async def show_form(self, request: Request) -> Response:
        """The form."""
        return sign_in_page(self.ways, up=_way_up(request))

    async def take_password(self, request: Request) -> Response:
        """A filled-in form: a session for who is right, the form again for who is not."""
        if not self.ways.has_passwords:
            raise FormUnreadable
        if not is_from_own_page(request.headers, self.own):
            raise ForeignForm(page=f"{self.address}/sign-in")
        filled = await read_form(request, self.bodies)
        email, password = filled.get("email", ""), filled.get("password", "")
        now = self.clock.now()
        try:
            member_id = await self.passwords.member_of(request, email, password, now=now)
        except (PasswordWrong, TooManyTries) as error:
            return self.refused(request, error, email=email[:320])
        return await self.let_in(request, member_id, SignInMethod.PASSWORD)

    async def show_session(self, request: Request) -> Response:
        """Who is signed in, and where else."""
        secret, now = self._secret_in(request), self.clock.now()

        def look(tx: View) -> Response:
            session = find_session(tx, secret, rules=self.rules, now=now)
            member = tx.members.find(session.member_id)
            if member is None:
                raise SessionEnded(reason="is that of nobody")
            found = list_sessions(tx, rules=self.rules, now=now, member_id=member.id)
            return session_page(member, found, own=session.id, token=csrf_token(secret))

        return await self.database.aread(look)

    async def end_another(self, request: Request) -> Response:
        """End one session of whoever is signed in."""
        secret, now = self._secret_in(request), self.clock.now()
        filled = await self._own_form(request, secret)

        def end(tx: Changing) -> None:
            own = find_session(tx, secret, rules=self.rules, now=now)
            tx.audit.act_through(WEB)
            by, wanted = f"member:{own.member_id}", filled.get("session", "")
            end_session(tx, wanted, by=by, now=now, member_id=own.member_id)

        # Whoever ended it elsewhere meanwhile wants to see it gone as well.
        with suppress(NotFound):
            await self.database.awrite(end)
        return _uncached(RedirectResponse("../session", status_code=_SEE_OTHER))

    async def sign_out(self, request: Request) -> Response:
        """End the session the browser shows."""
        secret = self._secret_in(request)
        await self._own_form(request, secret)
        await self._end_own(request)
        response = RedirectResponse("sign-in", status_code=_SEE_OTHER)
        self.cookie.take_from(response)
        return _uncached(response)

    def refused(self, request: Request, error: ChargehandError, *, email: str = "") -> Response:
        """The form with what went wrong above it."""
        usual = 503 if isinstance(error, Retryable) else 400
        status = _STATUSES.get(type(error), usual)
        # Whoever was not here yet did nothing wrong.
        problem = "" if isinstance(error, NotSignedIn) else str(error)
        page = sign_in_page(
            self.ways, up=_way_up(request), problem=problem, email=email, status=status
        )
        wait_s = error.fields.get("retry_after_s")
        if wait_s is not None:
            page.headers["retry-after"] = str(wait_s)
        return page

    def _secret_in(self, request: Request) -> str:
        secret = self.cookie.secret_in(request.cookies)
        if secret is None:
            raise NotSignedIn
        return secret

    async def _own_form(self, request: Request, secret: str) -> Mapping[str, str]:
        filled = await read_form(request, self.bodies)
        shown = filled.get("csrf", "")
        if not hmac.compare_digest(shown.encode(), csrf_token(secret).encode()):
            raise ForeignForm(page=f"{self.address}/session")
        return filled

    async def _end_own(self, request: Request) -> None:
        secret, now = self.cookie.secret_in(request.cookies), self.clock.now()
        if secret is None:
            return

        def end(tx: Changing) -> None:
            session = find_session(tx, secret, rules=self.rules, now=now)
            end_session(tx, session.id, by=f"member:{session.member_id}", now=now)

        # It may have been over before.
        with suppress(SessionEnded):
            await self.database.awrite(end)


def sign_in_routes(door: SignInDoor) -> list[Route]:
    """The addresses of signing in."""
    return [
        Route("/sign-in", guarded(door, door.show_form), methods=["GET"]),
        Route("/sign-in", guarded(door, door.take_password), methods=["POST"]),
        Route("/sign-out", guarded(door, door.sign_out), methods=["POST"]),
        Route("/session", guarded(door, door.show_session), methods=["GET"]),
        Route("/session/end", guarded(door, door.end_another), methods=["POST"]),
    ]


def guarded(door: SignInDoor, work: Work) -> Work:
    """What a page answers, or the form with why it does not."""

    async def answer(request: Request) -> Response:
        try:
            return await work(request)
        except _REFUSED as error:
            return door.refused(request, error)

    return answer


def device_of(user_agent: str) -> Device:
    """What somebody sits at, as far as they need it to tell their sessions apart."""
    words = user_agent.lower()[:512]
    if not words:
        return Device.UNKNOWN
    if any(one in words for one in _PHONES):
        return Device.PHONE
    return Device.COMPUTER if "mozilla/" in words else Device.PROGRAM


def _way_up(request: Request) -> str:
    """What leads from the address of a request to the one all of ours stand below, as `../`."""
    return "../" * (request.url.path.rstrip("/").count("/") - 1)


def _uncached(response: Response) -> Response:
    response.headers["cache-control"] = "no-store"
    return response
