"""A roster is read whatever wrote it, and what can not be used is told with its line."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehand.domain.account import AccountRef
from chargehand.domain.ids import AccountId, ConnectionId, MemberId, ProjectKey
from chargehand.domain.member import Identity, IdentityState, Member, Role
from chargehand.members.errors import FieldWrong, RosterUnreadable
from chargehand.members.fields import read_name, read_roles, sorted_roles, write_roles
from chargehand.members.planning import RosterPlan, plan_roster, team_of
from chargehand.members.roster import MOST_ROWS, Known, Roster, RosterRow, read_roster

JIRA, CHAT, OTHER = ConnectionId("jira"), ConnectionId("chat"), ConnectionId("other")
PAY, HELP = ProjectKey("PAY"), ProjectKey("HELP")
KNOWN = Known({JIRA: "jira", CHAT: "slack", OTHER: "slack"}, {PAY, HELP})
ANA = MemberId("mbr_ana")
PLAIN = "name,email,roles,projects,account:jira\nAna Ruiz,Ana@Example.com,developer pm,pay,5b10\n"
ROW = RosterRow(
    line=2,
    name="Ana Ruiz",
    email="ana@example.com",
    roles=((PAY, Role.DEVELOPER), (PAY, Role.PROJECT_MANAGER)),
    accounts=(AccountRef(JIRA, AccountId("5b10")),),
)


def read(text: str) -> Roster:
    return read_roster(text.encode(), KNOWN)


def problems(text: str) -> list[tuple[int, str, str]]:
    return [(one.line, one.column, one.found) for one in read(text).problems]


WRITTEN = {
    "plain": PLAIN.encode(),
    "with a mark": codecs.BOM_UTF8 + PLAIN.encode(),
    "UTF-16": PLAIN.encode("utf-16"),
    "CRLF": PLAIN.replace("\n", "\r\n").encode(),
    "CR": PLAIN.replace("\n", "\r").encode(),
    "semicolons": PLAIN.replace(",", ";").encode(),
    "tabs": PLAIN.replace(",", "\t").encode(),
    "no last line end": PLAIN.rstrip().encode(),
    "quoted": PLAIN.replace("Ana Ruiz", '"Ana Ruiz"').encode(),
    "blank lines": PLAIN.encode() + b"\n,,,,\n",
    "old names": PLAIN.replace("name,email", "display_name,E-Mail").encode(),
    "the connector's id": PLAIN.replace("account:jira", "jira_id").encode(),
    "the connection alone": PLAIN.replace("account:jira", "Jira").encode(),
}


@pytest.mark.parametrize("content", WRITTEN.values(), ids=WRITTEN)
def test_roster_is_read_whatever_wrote_it(content: bytes) -> None:
    assert read_roster(content, KNOWN).problems == ()
    assert read_roster(content, KNOWN).rows == (ROW,)


def test_a_spreadsheets_own_first_line_is_skipped_and_counted() -> None:
    (row,) = read("sep=;\n" + PLAIN.replace(",", ";")).rows

    assert (row.line, row.name) == (3, "Ana Ruiz")


def test_a_cell_over_several_lines_keeps_the_lines_of_the_others() -> None:
    found = read('name,email\n"Ana\nRuiz",a@x.org\nMei,nowhere\n')

    assert [row.name for row in found.rows] == ["Ana Ruiz"]
    assert [(one.line, one.column) for one in found.problems] == [(4, "email")]


CELLS = {
    "formula": ("=cmd(),a@x.org,,", [(2, "name", "=cmd()")]),
    "formula as account": ("Ana,a@x.org,,+1", [(2, "account:jira", "+1")]),
    "no name": (",a@x.org,,", [(2, "name", "")]),
    "reordering": ("A\u202ena,a@x.org,,", [(2, "name", "A\u202ena")]),
    "a mention": ("@everyone,a@x.org,,", [(2, "name", "@everyone")]),
    "two addresses": ('Ana,"a@x.org, b@x.org",,', [(2, "email", "a@x.org, b@x.org")]),
    "unknown role": ("Ana,a@x.org,boss,", [(2, "roles", "boss")]),
    "unknown project": ("Ana,a@x.org,XX:admin,", [(2, "roles", "XX")]),
    "nothing to tell by": ("Ana,,,", [(2, "email", "")]),
    "too few cells": ("Ana,a@x.org", [(2, "line", "2 cells")]),
    "several at once": ("=1,b,boss,", [(2, "name", "=1"), (2, "email", "b"), (2, "roles", "boss")]),
}


@pytest.mark.parametrize(("line", "wanted"), CELLS.values(), ids=CELLS)
def test_cell_that_can_not_be_used_is_told(line: str, wanted: list[tuple[int, str, str]]) -> None:
    assert problems(f"name,email,roles,account:jira\n{line}\n") == wanted


HEADERS = {
    "unknown column": "name,email,shoe_size",
    "unknown connection": "name,account:github",
    "connector of two connections": "name,slack_id",
    "twice": "name,display_name,email",
    "no name": "email,roles",
    "projects alone": "name,email,projects",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_column_that_can_not_be_used_is_told_and_nothing_is_read(header: str) -> None:
    found = read(f"{header}\nAna,a@x.org,1\n")

    assert [one.line for one in found.problems] == [1]
    assert found.rows == ()


UNREADABLE = {
    "empty": (b"\n\n", "empty"),
    "nobody": (b"name,email\n", "names nobody"),
    "not UTF-8": ("name,email\nZoë,z@x.org\n".encode("latin-1"), "line 2 is not utf-8"),
    "JSON": (b'{"team_members": []}', "it is JSON"),
    "open quote": (b'name,email\n"Ana,a@x.org\n', "line 2 is no line"),
    "too many": (b"name,email\n" + b"A,a@x.org\n" * (MOST_ROWS + 1), "more than 20000 people"),
}


@pytest.mark.parametrize(("content", "why"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_roster_is_refused_whole(content: bytes, why: str) -> None:
    with pytest.raises(RosterUnreadable, match=why):
        read_roster(content, KNOWN)


ROLE_SETS = st.frozensets(
    st.tuples(st.sampled_from([None, PAY, HELP]), st.sampled_from(list(Role)))
).map(sorted_roles)


@given(ROLE_SETS)
def test_roles_are_read_as_they_were_written(roles: tuple[tuple[ProjectKey | None, Role], ...]):
    assert read_roles(write_roles(roles), (), KNOWN.projects) == roles


@given(st.text())
def test_a_name_is_harmless_or_refused(text: str) -> None:
    try:
        name = read_name(text)
    except FieldWrong:
        return
    assert name == read_name(name)
    assert name[0] not in "=+-@"
    assert "\n" not in name


# What it would change.


def plan(
    text: str, members: tuple[Member, ...], *identities: Identity, keep: bool = True
) -> RosterPlan:
    made = iter(range(100))
    return plan_roster(
        read(text),
        team_of(members, identities),
        new_id=lambda: MemberId(f"mbr_new{next(made)}"),
        keep_missing=lambda _: keep,
    )


def after(found: RosterPlan, members: tuple[Member, ...]) -> tuple[Member, ...]:
    changed = {one.member.id: one.member for one in (*found.added, *found.changed)}
    left = tuple(one for one in members if one.id not in changed)
    return (*left, *changed.values())


MEMBER = Member(id=ANA, name="Ana Ruiz", email="ana@example.com", roles=((None, Role.ADMIN),))
MATCHED = Identity(JIRA, AccountId("5b10"), ANA, "", IdentityState.MATCHED)


def test_what_has_no_column_is_left_as_it_is() -> None:
    found = plan("name,email\nAna R.,ana@example.com\n", (MEMBER,))

    (changed,) = found.changed
    assert [one.field for one in changed.changes] == ["name"]
    assert changed.member.roles == MEMBER.roles


def test_an_address_finds_a_member_whatever_the_name() -> None:
    found = plan("name,email\nSomebody Else,ANA@example.com\n", (MEMBER,))

    assert [one.member.id for one in found.changed] == [ANA]


def test_equal_names_are_two_people() -> None:
    found = plan("name,email\nAna Ruiz,ana2@example.com\n", (MEMBER,))

    assert [one.member.email for one in found.added] == ["ana2@example.com"]
    assert [one.id for one in found.missing] == [ANA]


def test_another_account_takes_the_place_and_is_only_matched() -> None:
    confirmed = Identity(JIRA, AccountId("5b10"), ANA, "", IdentityState.CONFIRMED)
    found = plan("name,email,account:jira\nAna Ruiz,ana@example.com,5b11\n", (MEMBER,), confirmed)

    (changed,) = found.changed
    (change,) = changed.changes
    assert (change.before, change.after) == ("5b10 (confirmed)", "5b11 (matched)")
    assert changed.dropped == (confirmed,)


def test_refused_account_is_left_aside_and_the_rest_is_taken() -> None:
    refused = Identity(JIRA, AccountId("5b10"), ANA, "", IdentityState.REFUSED)
    found = plan("name,email,account:jira\nAna R.,ana@example.com,5b10\n", (MEMBER,), refused)

    assert [(one.line, one.found) for one in found.notes] == [(2, "5b10")]
    assert found.refused == ()
    assert found.changed[0].new_accounts == ()


_HEAD = "name,email,account:jira\n"
REFUSED = {
    "one address twice": (_HEAD + "A,x@x.org,1\nB,X@x.org,2\n", [(3, "email")]),
    "one account twice": (_HEAD + "A,x@x.org,1\nB,y@x.org,1\n", [(3, "account:jira")]),
    "somebody's account": (_HEAD + "B,b@x.org,5b10\n", [(2, "account:jira")]),
    "last admin": ("name,email,roles\nAna,ana@example.com,viewer\n", [(2, "roles")]),
}


@pytest.mark.parametrize(("text", "wanted"), REFUSED.values(), ids=REFUSED)
def test_what_contradicts_is_refused(text: str, wanted: list[tuple[int, str]]) -> None:
    found = plan(text, (MEMBER,), MATCHED)

    assert [(one.line, one.column) for one in found.refused] == wanted
    assert found.missing == ()


def test_last_admin_does_not_leave_by_a_file_that_forgot_them() -> None:
    found = plan("name,email,roles\nMei,mei@x.org,viewer\n", (MEMBER,), keep=False)

    assert [one.column for one in found.refused] == ["roles"]


NAMES = st.sampled_from(["Ana Ruiz", "Mei", "Zoë"])
PEOPLE = st.lists(
    st.tuples(NAMES, st.integers(0, 5), st.sampled_from(["viewer", "PAY:approver", ""])),
    min_size=1,
    max_size=6,
    unique_by=lambda one: one[1],
)


@given(PEOPLE, PEOPLE)
def test_the_same_roster_again_changes_nothing(first: list, second: list) -> None:
    def text(people: list) -> str:
        lines = [f"{name},p{n}@x.org,{roles},acc{n}" for name, n, roles in people]
        return "\n".join(["name,email,roles,account:jira", *lines])

    found = plan(text(first), ())
    members = after(found, ())
    identities = tuple(
        Identity(ref.connection_id, ref.account_id, one.member.id, "", IdentityState.MATCHED)
        for one in found.added
        for ref in one.new_accounts
    )
    again = plan(text(first), members, *identities)
    assert again.changes_nothing
    assert again.unchanged == len(first)

    other = plan(text(second), members, *identities)
    assert len(other.added) + len(other.changed) + other.unchanged == len(second)
    assert other.refused == ()
