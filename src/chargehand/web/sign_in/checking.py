"""Passwords at the door: how often they may be tried, and how many are worked on at once."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request

from chargehand.domain.errors import Rejected, Retryable
from chargehand.domain.ids import MemberId
from chargehand.intake.addresses import TrustedProxies
from chargehand.intake.errors import BodyTooLarge
from chargehand.intake.failure_limit import FailureLimit, network_of
from chargehand.intake.growing_delay import GrowingDelay
from chargehand.kit.passwords import LONGEST, is_password
from chargehand.pipeline.looking import Database, View
from chargehand.web.body import BodyReader

_FORM_BYTES: Final = 8 * 1024
_FORM_FIELDS: Final = 10
_FORM_TYPE: Final = "application/x-www-form-urlencoded"
_AT_ONCE: Final = 2
_WAITING: Final = 32
# Of one account from one address; then it waits, for longer after each wrong one.
_FREE_TRIES: Final = 10
_FIRST_WAIT: Final = timedelta(minutes=1)
_LONGEST_WAIT: Final = timedelta(hours=1)
# Of one account from all addresses that never were right about it, such as those of a botnet.
_FREE_TRIES_OF_STRANGERS: Final = 100
_LONGEST_WAIT_OF_STRANGERS: Final = timedelta(minutes=15)
_KNOWN_ADDRESSES: Final = 10_000
_LONGEST_EMAIL: Final = 320


class FormUnreadable(Rejected):
    """What was sent is no form of ours."""

    code = "form_unreadable"
    template = "The form can not be read; open the page again and fill it in there."


class NotSignedIn(Rejected):
    """A page of somebody who is signed in, and nobody is; how everybody comes in first."""

    code = "not_signed_in"
    template = "Sign in to see this page."


class ForeignForm(Rejected):
    """A form that nothing shows to come from a page of ours that its reader has open."""

    code = "form_foreign"
    template = (
        "This form was not sent from a page that this server showed you just now. Open {page} and "
        "try again."
    )


class PasswordWrong(Rejected):
    """No member has this address with this password; which of the two is wrong is not told."""

    code = "password_wrong"
    template = "No member has this e-mail address with this password."


class TooManyTries(Rejected):
    """An address, or an account, was tried too often."""

    code = "too_many_tries"
    template = "Too many tries; wait {retry_after_s} seconds, or ask an operator."


class DoorBusy(Retryable):
    """More passwords are to be looked at than is sensible at once."""

    code = "sign_in_busy"
    template = "Too many people sign in at this moment; try again in some seconds."


async def read_form(request: Request, bodies: BodyReader) -> Mapping[str, str]:
    """The fields of a form, each once.

    Raises: FormUnreadable, BodySlow, BodyCutOff, IntakeBusy.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _FORM_TYPE:
        raise FormUnreadable
    try:
        body = await bodies.read(request.receive, request.headers, limit_bytes=_FORM_BYTES)
        fields = parse_qs(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=_FORM_FIELDS,
        )
    except (BodyTooLarge, ValueError) as error:
        raise FormUnreadable from error
    if any(len(values) != 1 for values in fields.values()):
        raise FormUnreadable
    return {name: values[0] for name, values in fields.items()}


@dataclass(slots=True)
class PasswordDesk:
    """Looks at passwords, as slowly and as seldom for addresses nobody has.

    A stranger's wrong tries slow the stranger: they are counted by address and account together,
    and those of all strangers together never hold up an address that was right before. Another
    password begins anew, so an operator on the host lets anybody in.

    Shape: `check` says whether a password is that of a digest, None being nobody's.
    """

    database: Database
    proxies: TrustedProxies
    addresses: FailureLimit = field(default_factory=FailureLimit)
    pairs: GrowingDelay = field(
        default_factory=lambda: GrowingDelay(
            free=_FREE_TRIES, first=_FIRST_WAIT, longest=_LONGEST_WAIT
        )
    )
    strangers: GrowingDelay = field(
        default_factory=lambda: GrowingDelay(
            free=_FREE_TRIES_OF_STRANGERS, first=_FIRST_WAIT, longest=_LONGEST_WAIT_OF_STRANGERS
        )
    )
    check: Callable[[str, str | None], bool] = is_password
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))
    _waiting: int = 0
    _right_before: OrderedDict[str, None] = field(default_factory=OrderedDict)

    async def member_of(
        self, request: Request, email: str, password: str, *, now: datetime
    ) -> MemberId:
        """The member of an address and a password; every try counts until one was right.

        Raises: PasswordWrong, TooManyTries, DoorBusy.
        """
        account = " ".join(email.casefold().split())[:_LONGEST_EMAIL]
        self.count_address(request, now)
        member_id, digest = await self.database.aread(lambda tx: _known(tx, account))
        secret = f"{account}\n{digest or ''}"
        pair = f"{network_of(self._address_of(request))}\n{secret}"
        self._refuse_early(self.pairs.count(pair, now))
        if pair not in self._right_before:
            self._refuse_early(self.strangers.count(secret, now))
        if not await self._is_right(password, digest) or member_id is None:
            raise PasswordWrong
        self.pairs.forget(pair)
        self._note_right(pair)
        return member_id

    def _note_right(self, pair: str) -> None:
        self._right_before[pair] = None
        self._right_before.move_to_end(pair)
        if len(self._right_before) > _KNOWN_ADDRESSES:
            self._right_before.popitem(last=False)

    def count_address(self, request: Request, now: datetime) -> None:
        """Count a try of an address.

        Raises: TooManyTries.
        """
        self._refuse_early(self.addresses.count_failure(self._address_of(request), now))

    def _refuse_early(self, wait_s: int | None) -> None:
        if wait_s is not None:
            raise TooManyTries(retry_after_s=wait_s)

    def _address_of(self, request: Request) -> str:
        peer = request.client.host if request.client is not None else None
        return self.proxies.client_address(peer, request.headers.getlist("x-forwarded-for"))

    async def _is_right(self, password: str, digest: str | None) -> bool:
        if self._waiting >= _WAITING:
            raise DoorBusy
        self._waiting += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(self.check, password[: LONGEST + 1], digest)
        finally:
            self._waiting -= 1


def _known(tx: View, email: str) -> tuple[MemberId | None, str | None]:
    member = tx.members.by_email(email) if email else None
    if member is None or member.left_at is not None:
        return None, None
    return member.id, tx.sign_in.password_of(member.id)
