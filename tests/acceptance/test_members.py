"""Who is who, on both databases: a match carries no right until it is confirmed from both sides."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from chargehand.domain.account import Account, AccountRef
from chargehand.domain.errors import Rejected
from chargehand.domain.ids import AccountId, ConnectionId, ProjectKey
from chargehand.domain.member import IdentityState, Member, Role
from chargehand.domain.retention import Kept
from chargehand.members.errors import (
    AccountTaken,
    CodeTriesUsedUp,
    CodeWrong,
    EmailTaken,
    LastAdmin,
    MemberHasAccount,
    MemberLeft,
    ProofMissing,
    RosterRefused,
)
from chargehand.members.roster import Known, read_roster
from chargehand.pipeline.accounts import (
    list_unmapped,
    match_seen,
    note_activated,
    note_deactivated,
    note_seen,
)
from chargehand.pipeline.confirming import (
    Confirmed,
    confirm_as_operator,
    say_code,
    start_confirmation,
)
from chargehand.pipeline.erasing import Erasing
from chargehand.pipeline.errors import ArgumentInvalid, NotFound
from chargehand.pipeline.exporting import Exporting
from chargehand.pipeline.identifying import link_account, refuse_account
from chargehand.pipeline.members import add_member, leave, set_roles
from chargehand.pipeline.rosters import export_roster, import_roster, preview_roster
from chargehand.pipeline.searching import Archive, known_as, learn_names
from chargehand.privacy.person import given_person
from chargehand.storage.repositories.unmapped import MOST_UNMAPPED
from chargehand.storage.tables import metadata
from tests.house import House

pytestmark = pytest.mark.anyio
JIRA, CHAT, THIRD = ConnectionId("jira"), ConnectionId("chat"), ConnectionId("third")
CONNECTIONS = {JIRA: "jira", CHAT: "slack", THIRD: "discord"}
PAY = ProjectKey("PAY")
KNOWN = Known(CONNECTIONS, {PAY})
BY = "cli:operator"
AT_JIRA = AccountRef(JIRA, AccountId("5b10ana"))
AT_CHAT = AccountRef(CHAT, AccountId("UANA"))
AT_THIRD = AccountRef(THIRD, AccountId("900000000000000001"))
STRANGER = AccountRef(CHAT, AccountId("UEVE"))
MAIL = "ana.ruiz@example.com"


class Team:
    """The use cases, at the house's time."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.database = house.stores.database

    def do(self, work: Any, *arguments: Any, **named: Any) -> Any:
        now = self.house.clock.now()
        return self.database.write(lambda tx: work(tx, *arguments, now=now, **named))

    def add(self, name: str = "Ana Ruiz", email: str = MAIL, **named: Any) -> Member:
        return self.do(add_member, name, email=email, by=BY, **named)

    def link(self, member: Member, ref: AccountRef) -> None:
        self.do(link_account, member.id, ref, connections=CONNECTIONS, by=BY)

    def start(self, member: Member, where: ConnectionId, said_from: AccountRef | None) -> str:
        return self.do(
            start_confirmation,
            member.id,
            where,
            connections=CONNECTIONS,
            said_from=said_from,
            by="jira:5b10ana",
        ).code

    def say(self, code: str, ref: AccountRef) -> Confirmed | Rejected:
        return self.do(say_code, code, ref)

    def carries(self, *refs: AccountRef) -> list[bool]:
        def carries(tx: Any, ref: AccountRef) -> bool:
            known = tx.members.by_account(ref.connection_id, ref.account_id)
            return known is not None and known[1].carries_rights

        return self.database.read(lambda tx: [carries(tx, ref) for ref in refs])

    def roster(self, text: str, **named: Any) -> Any:
        roster = read_roster(text.encode(), KNOWN)
        return self.do(import_roster, roster, by=BY, **{"removes_missing": False, **named})

    def tags(self) -> list[str]:
        return [one.tag for one in self.database.read(lambda tx: tx.audit.newest(limit=200))]

    def everything(self) -> str:
        """All that the tables hold, the audit included."""
        with self.database.engine.connect() as connection:
            rows = [list(connection.execute(select(table))) for table in metadata.sorted_tables]
        return repr(rows)


@pytest.fixture
def team(house: House) -> Team:
    return Team(house)


# Accounts that are nobody's.


async def test_whoever_asks_is_listed_until_they_are_linked(house: House, team: Team) -> None:
    await house.ask("@bot status", author="Mei Tanaka")
    await house.ask("@bot blockers", author="Mei Tanaka")
    await house.ask("nothing for the bot", author="Tom Berg")
    twin = team.add("Mei  tanaka", "mei@example.com")

    (seen,) = team.database.read(lambda tx: list_unmapped(tx, limit=50)).items
    assert (seen.account.name, seen.account.days) == ("Mei Tanaka", 1)
    assert [one.id for one in seen.candidates] == [twin.id]

    house.clock.advance(timedelta(days=1).total_seconds())
    await house.ask("@bot status", author="Mei Tanaka", item="PAY-12")
    (seen,) = team.database.read(lambda tx: list_unmapped(tx, limit=50)).items
    assert seen.account.days == 2

    team.link(twin, seen.account.ref)
    assert team.database.read(lambda tx: tx.members.count_unmapped()) == 0
    member, identity = team.database.read(
        lambda tx: tx.members.by_account(JIRA, seen.account.account_id)
    )
    assert (member.id, identity.name) == (twin.id, "Mei Tanaka")
    assert not identity.carries_rights
    await house.ask("@bot status", author="Mei Tanaka", item="PAY-12")
    assert team.database.read(lambda tx: tx.members.count_unmapped()) == 0


async def test_the_list_of_strangers_has_an_end(house: House, team: Team) -> None:
    now = house.clock.now()

    def crowd(tx: Any) -> None:
        for number in range(MOST_UNMAPPED + 3):
            later = now + timedelta(seconds=number)
            tx.members.note_unmapped(CHAT, AccountId(f"U{number}"), name="Bo", now=later)

    team.database.write(crowd)

    assert team.database.read(lambda tx: tx.members.count_unmapped()) == MOST_UNMAPPED
    assert team.database.read(lambda tx: tx.members.unmapped(CHAT, "U2")) is None
    assert team.database.read(lambda tx: tx.members.unmapped(CHAT, "U3")) is not None


async def test_an_address_matches_whichever_came_first(team: Team) -> None:
    first = Account(CHAT, AT_CHAT.account_id, "ana " + "n" * 300, MAIL.upper())
    team.do(note_seen, first)
    team.do(note_seen, Account(CHAT, STRANGER.account_id, "Ana Ruiz"))
    assert team.do(match_seen) == 0

    ana = team.add()
    team.do(note_seen, Account(JIRA, AT_JIRA.account_id, "Ana", MAIL))
    assert team.do(match_seen) == 1

    found = team.database.read(lambda tx: tx.members.identities_of(ana.id))
    assert [(one.account_id, one.state) for one in found] == [
        (AT_CHAT.account_id, IdentityState.MATCHED),
        (AT_JIRA.account_id, IdentityState.MATCHED),
    ]
    assert team.database.read(lambda tx: tx.members.unmapped(CHAT, STRANGER.account_id))


# Confirming.


async def test_two_matched_accounts_confirm_each_other(team: Team) -> None:
    ana = team.add()
    team.link(ana, AT_JIRA)
    team.link(ana, AT_CHAT)

    code = team.start(ana, CHAT, AT_JIRA)
    assert team.carries(AT_JIRA, AT_CHAT) == [False, False]
    done = team.say(code.lower(), AT_CHAT)

    assert isinstance(done, Confirmed)
    assert team.carries(AT_JIRA, AT_CHAT) == [True, True]
    assert isinstance(team.say(code, AT_CHAT), CodeWrong)
    assert team.tags()[:2] == ["person:identity:confirmed", "person:identity:confirmed"]
    assert code.replace("-", "").lower() not in team.everything().lower()


async def test_a_match_alone_proves_nothing_for_an_unknown_account(team: Team) -> None:
    """Whoever got an account matched, by an address nobody checked, would bring a second one."""
    ana = team.add(roles=((None, Role.ADMIN),))
    team.link(ana, AT_JIRA)

    with pytest.raises(ProofMissing):
        team.start(ana, CHAT, AT_JIRA)
    with pytest.raises(NotFound):
        team.start(ana, CHAT, STRANGER)

    team.do(confirm_as_operator, ana.id, JIRA, by=BY)
    code = team.start(ana, CHAT, AT_JIRA)
    assert isinstance(team.say(code, AT_CHAT), Confirmed)
    assert team.carries(AT_CHAT) == [True]


async def test_a_code_is_for_one_account_one_connection_and_a_quarter_of_an_hour(
    house: House, team: Team
) -> None:
    ana = team.add()
    team.link(ana, AT_JIRA)
    team.link(ana, AT_CHAT)

    code = team.start(ana, CHAT, AT_JIRA)
    assert isinstance(team.say(code, STRANGER), CodeWrong)
    assert isinstance(team.say(code, AT_JIRA), CodeWrong)
    house.clock.advance(15 * 60)
    assert isinstance(team.say(code, AT_CHAT), CodeWrong)
    old, new = team.start(ana, CHAT, AT_JIRA), team.start(ana, CHAT, AT_JIRA)
    assert isinstance(team.say(old, AT_CHAT), CodeWrong)
    assert isinstance(team.say(new, AT_CHAT), Confirmed)


async def test_guessing_ends_after_five_tries_and_keeps_nobody_else_out(
    house: House, team: Team
) -> None:
    ana = team.add()
    team.do(confirm_as_operator_linked, ana, AT_JIRA)
    code = team.start(ana, CHAT, AT_JIRA)

    tries = [team.say("2222-2222", STRANGER) for _ in range(6)]
    assert [type(one) for one in tries] == [CodeWrong] * 5 + [CodeTriesUsedUp]
    assert isinstance(team.say(code, STRANGER), CodeTriesUsedUp)
    assert isinstance(team.say(code, AT_CHAT), Confirmed)

    house.clock.advance(15 * 60)
    assert isinstance(team.say("2222-2222", STRANGER), CodeWrong)


def confirm_as_operator_linked(tx: Any, member: Member, ref: AccountRef, *, now: Any) -> None:
    link_account(tx, member.id, ref, connections=CONNECTIONS, by=BY, now=now)
    confirm_as_operator(tx, member.id, ref.connection_id, by=BY, now=now)


async def test_what_changed_meanwhile_counts_when_the_code_is_said(team: Team) -> None:
    ana = team.add()
    team.do(confirm_as_operator_linked, ana, AT_JIRA)
    code = team.start(ana, CHAT, AT_JIRA)

    team.do(note_deactivated, AT_JIRA)
    assert isinstance(team.say(code, AT_CHAT), CodeWrong)
    assert team.carries(AT_JIRA, AT_CHAT) == [False, False]

    team.do(note_activated, AT_JIRA)
    assert team.carries(AT_JIRA) == [False]
    team.do(confirm_as_operator, ana.id, JIRA, by=BY)
    code = team.start(ana, CHAT, AT_JIRA)
    team.do(leave, ana.id, by=BY)
    assert team.carries(AT_JIRA) == [False]
    assert isinstance(team.say(code, AT_CHAT), CodeWrong)
    with pytest.raises(MemberLeft):
        team.start(ana, CHAT, AT_JIRA)


async def test_proof_beats_a_match_and_never_another_proof(team: Team) -> None:
    ana, mei = team.add(), team.add("Mei", "mei@example.com")
    team.do(confirm_as_operator_linked, ana, AT_JIRA)
    team.link(mei, AT_CHAT)

    assert isinstance(team.say(team.start(ana, CHAT, AT_JIRA), AT_CHAT), Confirmed)

    other = team.database.read(lambda tx: tx.members.identities_of(mei.id))
    assert [one.state for one in other] == [IdentityState.REFUSED]
    tom = team.add("Tom", "tom@example.com")
    team.do(confirm_as_operator_linked, tom, AT_THIRD)
    assert isinstance(team.say(team.start(tom, CHAT, AT_THIRD), AT_CHAT), AccountTaken)
    assert team.carries(AT_CHAT) == [True]


async def test_refused_is_not_matched_again_but_may_be_linked(team: Team) -> None:
    ana = team.add()
    team.link(ana, AT_CHAT)
    team.do(refuse_account, ana.id, AT_CHAT, by=BY)

    team.do(note_seen, Account(CHAT, AT_CHAT.account_id, "Ana", MAIL))
    assert team.do(match_seen) == 0
    outcome = team.roster(f"name,email,account:chat\nAna Ruiz,{MAIL},{AT_CHAT.account_id}\n")
    assert [one.found for one in outcome.plan.notes] == [AT_CHAT.account_id]
    assert team.database.read(lambda tx: tx.members.identity_at(ana.id, CHAT)) is None

    team.link(ana, AT_CHAT)
    identity = team.database.read(lambda tx: tx.members.identity_at(ana.id, CHAT))
    assert identity.state is IdentityState.MATCHED


async def test_what_contradicts_is_refused_and_changes_nothing(team: Team) -> None:
    ana, mei = team.add(), team.add("Mei", "mei@example.com")
    team.link(ana, AT_CHAT)
    before = team.everything()

    with pytest.raises(EmailTaken):
        team.add("Other", MAIL.upper())
    with pytest.raises(AccountTaken):
        team.link(mei, AT_CHAT)
    with pytest.raises(MemberHasAccount):
        team.link(ana, STRANGER)
    with pytest.raises(ArgumentInvalid, match="chat, jira, third"):
        team.link(ana, AccountRef(ConnectionId("nowhere"), AccountId("U1")))

    assert team.everything() == before


# Rosters and roles.


async def test_roster_is_stored_once_whole_or_not_at_all(team: Team) -> None:
    text = (
        "name,email,roles,projects,time_zone,account:jira,account:chat\n"
        f"Ana Ruiz,{MAIL},admin,,Europe/Madrid,5b10ana,UANA\n"
        "Mei Tanaka,mei@example.com,developer approver,PAY,,,\n"
    )
    before = team.everything()
    with pytest.raises(RosterRefused, match="line 4, column email"):
        team.roster(text + f"Twin,{MAIL},,,,,\n")
    assert team.everything() == before

    first = team.roster(text)
    assert (len(first.plan.added), first.plan.unchanged) == (2, 0)
    stored = team.everything()
    again = team.roster(text)
    exported = "".join(team.database.read(lambda tx: tuple(export_roster(tx))))
    third = team.roster(exported, removes_missing=True)
    assert (again.plan.changes_nothing, third.plan.changes_nothing) == (True, True)
    assert team.everything() == stored
    mei = team.database.read(lambda tx: tx.members.by_email("Mei@Example.com"))
    assert mei.roles == ((PAY, Role.APPROVER), (PAY, Role.DEVELOPER))
    assert team.carries(AT_JIRA, AT_CHAT) == [False, False]


async def test_who_is_missing_stays_unless_they_shall_leave(team: Team) -> None:
    team.roster(f"name,email,roles\nAna,{MAIL},admin\nMei,mei@x.org,viewer\nTom,tom@x.org,\n")
    only_ana = read_roster(f"name,email\nAna,{MAIL}\n".encode(), KNOWN)

    named = team.do(import_roster, only_ana, removes_missing=False, by=BY)
    assert sorted(one.name for one in named.plan.missing) == ["Mei", "Tom"]
    team.do(import_roster, only_ana, removes_missing=True, by=BY)

    mei = team.database.read(lambda tx: tx.members.by_email("mei@x.org"))
    assert (mei.left_at is not None, mei.roles) == (True, ())
    with pytest.raises(RosterRefused):
        team.roster("name,email,roles\nTom,tom@x.org,viewer\n", removes_missing=True)
    back = team.roster("name,email,roles\nMei,mei@x.org,viewer\n")
    assert [one.member.id for one in back.plan.changed] == [mei.id]


async def test_last_admin_stays_until_there_is_another(team: Team) -> None:
    ana = team.add(roles=((None, Role.ADMIN),))
    mei = team.add("Mei", "mei@example.com", roles=((PAY, Role.ADMIN),))

    with pytest.raises(LastAdmin):
        team.do(set_roles, ana.id, ((None, Role.VIEWER),), by=BY)
    with pytest.raises(LastAdmin):
        team.do(leave, ana.id, by=BY)
    with pytest.raises(LastAdmin):
        erase(team, MAIL)

    team.do(set_roles, mei.id, ((None, Role.ADMIN),), by=BY)
    assert team.do(leave, ana.id, by=BY).roles == ()


# Privacy.


def erase(team: Team, identifier: str) -> Any:
    archive = Archive(team.database, team.house.stores.raw)
    word = known_as(archive, identifier)
    person = learn_names(archive, given_person(word))
    return Erasing(archive, team.house.clock).erase(person, word, by=BY)


@pytest.mark.parametrize("by", ["member", "email", "account"])
async def test_erased_member_is_a_pseudonym_in_every_table(team: Team, by: str) -> None:
    ana, mei = team.add(), team.add("Mei", "mei@example.com")
    for ref in (AT_JIRA, AT_CHAT):
        team.link(ana, ref)
    team.do(confirm_as_operator, ana.id, JIRA, by=BY)
    team.link(mei, AT_THIRD)
    team.do(refuse_account, mei.id, AT_THIRD, by=BY)
    team.link(ana, AT_THIRD)
    team.start(ana, CHAT, AT_JIRA)
    team.say("2222-2222", AT_CHAT)
    given = {"member": ana.id, "email": MAIL, "account": AT_CHAT.account_id}[by]

    erasure = erase(team, given)

    assert erasure.is_complete
    left = team.everything().lower()
    accounts = [one.account_id.lower() for one in (AT_JIRA, AT_CHAT, AT_THIRD)]
    assert [word for word in ("ana ruiz", MAIL, *accounts) if word in left] == []
    gone = team.database.read(lambda tx: tx.members.find(ana.id))
    assert (gone.name, gone.email, gone.roles) == (erasure.pseudonym, None, ())
    assert gone.left_at is not None
    assert team.database.read(lambda tx: tx.members.find(mei.id)) == mei
    assert team.house.verification.is_intact


async def test_exported_member_has_every_account_and_role(team: Team) -> None:
    ana = team.add(roles=((None, Role.ADMIN), (PAY, Role.APPROVER)))
    team.link(ana, AT_JIRA)
    team.link(ana, AT_CHAT)
    archive = Archive(team.database, team.house.stores.raw)

    person = learn_names(archive, given_person(MAIL))
    found = Exporting(archive, team.house.clock).export(person, by=BY)

    assert found["person"]["ids"] == sorted([MAIL, AT_JIRA.account_id, AT_CHAT.account_id])
    assert {name: len(rows) for name, rows in found["rows"].items()} == {
        "identities": 2,
        "member_roles": 2,
        "members": 1,
    }


async def test_names_of_those_who_left_and_of_strangers_go_with_their_retention(
    house: House, team: Team
) -> None:
    ana = team.add()
    team.link(ana, AT_CHAT)
    team.do(leave, ana.id, by=BY)
    team.do(note_seen, Account(CHAT, STRANGER.account_id, "Eve Stranger"))
    lasts = house.pruning.retention[Kept.TEXTS]

    house.clock.advance(lasts.total_seconds() + 1)
    assert house.pruning.preview()[Kept.TEXTS] == 2
    run = house.pruning.begin()
    while run.step():
        pass

    assert run.removed[Kept.TEXTS] == 2
    left = team.everything()
    assert [word for word in ("Ana Ruiz", MAIL, "UANA", "Eve Stranger") if word in left] == []
    assert house.pruning.preview()[Kept.TEXTS] == 0


async def test_preview_stores_nothing(team: Team) -> None:
    roster = read_roster(f"name,email\nAna,{MAIL}\n".encode(), KNOWN)
    before = team.everything()

    now = team.house.clock.now()
    shown = team.database.read(
        lambda tx: preview_roster(tx, roster, removes_missing=False, now=now)
    )

    assert [one.member.name for one in shown.plan.added] == ["Ana"]
    assert team.everything() == before
