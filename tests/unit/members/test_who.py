"""Whose accounts are, who is responsible, and codes: pure rules."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehand.domain.account import Account, AccountRef
from chargehand.domain.ids import AccountId, ConnectionId, MemberId
from chargehand.domain.member import Identity, IdentityState, Member
from chargehand.members.codes import digest_of_code, is_code, new_code
from chargehand.members.matching import Taken, match_accounts
from chargehand.members.owners import (
    OwnerSource,
    Peace,
    Responsible,
    Silence,
    resolve_owner,
)

CHAT = ConnectionId("chat")
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
ANA = Member(MemberId("mbr_ana"), "Ana Ruiz", email="ana@example.com")
MEI = Member(MemberId("mbr_mei"), "Mei Tanaka", email="mei@example.com")
TWIN = Member(MemberId("mbr_twin"), "ana  RUIZ")


def account(number: int, name: str = "", email: str | None = None) -> Account:
    return Account(CHAT, AccountId(f"U{number}"), name, email)


# Matching.


def test_an_address_matches_in_any_case() -> None:
    found = match_accounts([ANA, MEI], [account(1, "nobody", "ANA@example.com")], Taken())

    assert [(one.account.account_id, one.member_id) for one in found.matches] == [("U1", ANA.id)]


def test_a_name_is_a_candidate_and_never_a_match() -> None:
    found = match_accounts([ANA, TWIN, MEI], [account(1, "Ana Ruiz")], Taken())

    assert found.matches == ()
    assert [one.member_ids for one in found.candidates] == [(ANA.id, TWIN.id)]


def test_what_nobody_is_called_is_unknown() -> None:
    found = match_accounts([ANA], [account(1, "Ann"), account(2)], Taken())

    assert [one.account_id for one in found.unknown] == ["U1", "U2"]


def test_two_accounts_with_one_address_are_for_a_person_to_decide() -> None:
    found = match_accounts(
        [ANA], [account(1, "", "ana@example.com"), account(2, "", "ana@example.com")], Taken()
    )

    assert found.matches == ()
    assert [one.member_ids for one in found.candidates] == [(ANA.id,), (ANA.id,)]


TAKEN = {
    "refused": (Taken(refused=frozenset({(AccountRef(CHAT, AccountId("U1")), ANA.id)})), 0, 1),
    "has another one": (Taken(places=frozenset({(ANA.id, CHAT)})), 1, 0),
    "is somebody's": (Taken(accounts=frozenset({AccountRef(CHAT, AccountId("U1"))})), 0, 0),
}


@pytest.mark.parametrize(("taken", "candidates", "unknown"), TAKEN.values(), ids=TAKEN)
def test_what_is_decided_is_not_matched_again(taken: Taken, candidates: int, unknown: int) -> None:
    found = match_accounts([ANA], [account(1, "Ana Ruiz", "ana@example.com")], taken)

    assert found.matches == ()
    assert (len(found.candidates), len(found.unknown)) == (candidates, unknown)


def test_who_left_is_not_matched() -> None:
    gone = Member(ANA.id, ANA.name, email=ANA.email, left_at=NOW)

    assert match_accounts([gone], [account(1, ANA.name, ANA.email)], Taken()).matches == ()


# Owners.

BY_SOURCE = {
    OwnerSource.ASSIGNEE: Responsible(assignee=account(1)),
    OwnerSource.COMMIT_AUTHOR: Responsible(commit_authors=(account(1), account(2))),
    OwnerSource.EARLIER_ASSIGNEE: Responsible(earlier_assignees=(account(1),)),
    OwnerSource.EPIC_OWNER: Responsible(epic_owner=account(1)),
    OwnerSource.TEAM_DEFAULT: Responsible(team_default=account(1)),
}
EVERYBODY = Responsible(
    assignee=account(1),
    commit_authors=(account(2),),
    earlier_assignees=(account(3),),
    epic_owner=account(4),
    team_default=account(5),
)


def known(*, gone: frozenset[str] = frozenset(), left: frozenset[str] = frozenset()):
    def who_is(ref: AccountRef) -> tuple[Member, Identity]:
        member = Member(
            MemberId(f"mbr_{ref.account_id}"),
            ref.account_id,
            left_at=NOW if ref.account_id in left else None,
        )
        is_active = ref.account_id not in gone
        state = IdentityState.MATCHED
        return member, Identity(
            ref.connection_id, ref.account_id, member.id, "", state, is_active=is_active
        )

    return who_is


@pytest.mark.parametrize("source", OwnerSource)
def test_each_source_makes_an_owner(source: OwnerSource) -> None:
    found = resolve_owner(BY_SOURCE[source], known(), wants_notice=lambda _: True, now=NOW)

    assert found is not None
    assert (found.source, found.account.account_id, found.is_notified) == (source, "U1", True)


@pytest.mark.parametrize(("gone", "source"), [*enumerate(OwnerSource)])
def test_the_order_is_kept_and_who_is_gone_is_passed_over(gone: int, source: OwnerSource) -> None:
    absent = frozenset(f"U{number}" for number in range(1, gone + 1))
    half = frozenset(sorted(absent)[::2])
    who_is = known(gone=half, left=absent - half)

    found = resolve_owner(EVERYBODY, who_is, wants_notice=lambda _: True, now=NOW)

    assert found is not None
    assert found.source is source


def test_nobody_is_nobody() -> None:
    assert resolve_owner(Responsible(), known(), wants_notice=lambda _: True, now=NOW) is None


def test_unknown_is_named_and_not_notified() -> None:
    found = resolve_owner(EVERYBODY, lambda _: None, wants_notice=lambda _: True, now=NOW)

    assert found is not None
    assert (found.source, found.member, found.silence) == (
        OwnerSource.ASSIGNEE,
        None,
        Silence.UNKNOWN,
    )


PEACES = {
    "muted": (Peace(), False, Silence.NOT_WANTED),
    "draft": (Peace(is_draft=True), True, Silence.DRAFT),
    "touched": (Peace(touched_at=NOW - timedelta(hours=23)), True, Silence.JUST_TOUCHED),
    "touched before": (Peace(touched_at=NOW - timedelta(hours=24)), True, None),
    "tagged": (Peace(tagged_at=NOW - timedelta(hours=47)), True, Silence.JUST_TAGGED),
    "tagged before": (Peace(tagged_at=NOW - timedelta(hours=48)), True, None),
}


@pytest.mark.parametrize(("peace", "wants", "silence"), PEACES.values(), ids=PEACES)
def test_who_is_left_alone_is_still_the_owner(
    peace: Peace, *, wants: bool, silence: Silence | None
) -> None:
    found = resolve_owner(EVERYBODY, known(), wants_notice=lambda _: wants, now=NOW, peace=peace)

    assert found is not None
    assert (found.account.account_id, found.silence) == ("U1", silence)


# Codes.


@given(st.sampled_from(["", "-", " ", "\n"]), st.sampled_from([str.upper, str.lower]))
def test_a_code_is_known_however_it_is_typed(between: str, case: Callable[[str], str]) -> None:
    code = new_code()
    typed = case(code).replace("-", between)

    assert is_code(typed, salt="s", digest=digest_of_code(code, "s"))
    assert not is_code(typed, salt="t", digest=digest_of_code(code, "s"))
    assert not is_code(new_code(), salt="s", digest=digest_of_code(code, "s"))
