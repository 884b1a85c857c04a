"""Whose accounts are: by the address a vendor tells, and never by a name alone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chargehand.domain.account import Account, AccountRef
from chargehand.domain.ids import ConnectionId, MemberId
from chargehand.domain.member import Member


@dataclass(frozen=True, slots=True)
class Match:
    """An account whose address is a member's; it may be named so, and carries no right."""

    account: Account
    member_id: MemberId


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account that is named like members are; a person decides whether it is one's."""

    account: Account
    member_ids: tuple[MemberId, ...]


@dataclass(frozen=True, slots=True)
class Matching:
    """What accounts tell; each account stands in one of the three lists."""

    matches: tuple[Match, ...]
    candidates: tuple[Candidate, ...]
    unknown: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """What is decided already.

    Shape: `accounts` are somebody's; `places` are the connections at which a member has an
    account; `refused` pairs were denied and are not matched again.
    """

    accounts: frozenset[AccountRef] = frozenset()
    places: frozenset[tuple[MemberId, ConnectionId]] = frozenset()
    refused: frozenset[tuple[AccountRef, MemberId]] = frozenset()


def match_accounts(
    members: Sequence[Member], accounts: Iterable[Account], taken: Taken
) -> Matching:
    """Match accounts with those who are in the team.

    Shape: of several accounts with one address at one connection none is matched: nobody knows
    which one is meant.
    """
    here = [one for one in members if one.left_at is None]
    by_email = {one.email.lower(): one.id for one in here if one.email is not None}
    by_name: Mapping[str, list[MemberId]] = defaultdict(list)
    for member in here:
        by_name[_folded(member.name)].append(member.id)
    free = [one for one in accounts if one.ref not in taken.accounts]
    shared = _shared_addresses(free)
    matches: list[Match] = []
    candidates: list[Candidate] = []
    unknown: list[Account] = []
    for account in free:
        member_id = by_email.get(account.email.lower()) if account.email is not None else None
        if member_id is not None and _may_be(account, member_id, taken) and account not in shared:
            matches.append(Match(account, member_id))
            continue
        named = by_name.get(_folded(account.name), []) if account.name else []
        likely = tuple(one for one in (member_id, *named) if one is not None)
        possible = tuple(
            one for one in dict.fromkeys(likely) if (account.ref, one) not in taken.refused
        )
        if possible:
            candidates.append(Candidate(account, possible))
        else:
            unknown.append(account)
    return Matching(tuple(matches), tuple(candidates), tuple(unknown))


def _shared_addresses(accounts: Sequence[Account]) -> frozenset[Account]:
    """Accounts that share their address with another one at the same connection."""
    found: dict[tuple[ConnectionId, str], list[Account]] = defaultdict(list)
    for account in accounts:
        if account.email is not None:
            found[account.connection_id, account.email.lower()].append(account)
    return frozenset(one for several in found.values() if len(several) > 1 for one in several)


def _may_be(account: Account, member_id: MemberId, taken: Taken) -> bool:
    is_free = (member_id, account.connection_id) not in taken.places
    return is_free and (account.ref, member_id) not in taken.refused


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
