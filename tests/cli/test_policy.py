"""`policy`: shown, checked, compared, applied and explained, on the team's own database."""

from pathlib import Path

import pytest

from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.ids import MemberId, ProjectKey
from chargehand.domain.member import Role
from chargehand.domain.policy import Cause, Origin, Trust
from chargehand.pipeline.members import add_member
from chargehand.pipeline.modes import policy_in_force
from chargehand.pipeline.ruling import rulings
from tests.acceptance.code.policies import DOCS_ALONE
from tests.cli.terminal import Terminal
from tests.house import House

pytestmark = pytest.mark.anyio
PAY, LABELS = ProjectKey("PAY"), ActionKind.JIRA_ADD_LABELS


def add(house: House, name: str, *roles: Role) -> MemberId:
    held = tuple((None, role) for role in roles)
    now = house.clock.now()
    write = house.stores.database.write
    return write(lambda tx: add_member(tx, name, roles=held, by="cli:tester", now=now).id)


def written(tmp_path: Path, text: str) -> str:
    file = tmp_path / "policy.toml"
    file.write_text(text, "utf-8")
    return str(file)


POLICY = """
format = 2

[[rules]]
name = "labels of developers"
when = { kind = ["jira.add_labels"], requester_roles = ["developer"], trust = ["team"] }
mode = "auto"

[[rules]]
name = "the rest of Jira"
when = { kind = ["jira.*"] }
mode = "approve"
"""


async def test_a_policy_is_checked_compared_and_put_in_force(
    house: House, terminal: Terminal, tmp_path: Path
) -> None:
    file = written(tmp_path, POLICY)
    refused = terminal.run("policy", "check", file)
    assert refused.code == 1
    assert "No member has the role admin" in refused.out

    add(house, "Ada Admin", Role.ADMIN)
    dev = add(house, "Dan Dev", Role.DEVELOPER)
    checked = terminal.done("policy", "check", file)
    assert "What Ada Admin asks for" in checked.out
    diff = terminal.done("policy", "diff", file)
    assert '+name = "labels of developers"' in diff.out
    changed = [line.split() for line in diff.lines if line.startswith("PAY")]
    assert ["PAY", "jira.assign_issue", "simulate", "approve"] in changed

    applied = terminal.done("policy", "apply", file, "--yes")
    assert "Policy version 2 is in force" in applied.out
    assert "Nothing to change" in terminal.done("policy", "apply", file, "--yes").out
    now = house.clock.now()

    def mode(requester: str, trust: Trust) -> Mode:
        cause = Cause(requester, origin=Origin.CHAT, trust=trust)
        read = house.stores.database.read
        return read(lambda tx: rulings(tx).on_kind(LABELS, PAY, cause=cause, now=now)).mode

    assert mode(f"member:{dev}", Trust.TEAM) is Mode.AUTO
    assert mode(f"member:{dev}", Trust.OUTSIDER) is Mode.APPROVE
    assert mode("slack:U1", Trust.UNKNOWN) is Mode.APPROVE
    told = terminal.done("policy", "explain", "--kind", "jira.add_labels", "--project", "pay").out
    assert "jira.add_labels in PAY: approve" in told
    assert "the rest of Jira (policy version 2)" in told
    assert "requester_roles is not known" in told
    versions = terminal.done("policy", "history", "--json").json
    assert [(one["version"], one["format"]) for one in versions] == [(2, 2), (1, 1)]
    shown = terminal.done("policy", "show").out
    assert "labels of developers" in shown
    assert "Nothing to change" in terminal.done("policy", "apply", written(tmp_path, shown)).out
    newest = house.stores.database.read(lambda tx: tx.audit.newest(limit=1))
    assert [one.tag for one in newest] == ["person:policy:applied"]


async def test_modes_are_set_on_a_document_and_say_which_rule_comes_first(
    house: House, terminal: Terminal, tmp_path: Path
) -> None:
    add(house, "Ada Admin", Role.ADMIN)
    terminal.done("policy", "apply", written(tmp_path, POLICY), "--yes")

    told = terminal.done("modes", "set", "auto", "--kind", "jira.add_labels", "--yes").out
    assert "No served project behaves differently" in told
    terminal.done("modes", "set", "simulate", "--project", "PAY")

    policy = house.stores.database.read(policy_in_force)
    assert policy.mode_for(PAY, LABELS) is Mode.SIMULATE
    assert policy.mode_for(ProjectKey("HELP"), LABELS) is Mode.APPROVE
    shown = terminal.done("modes", "show").out
    assert "rule 'the rest of Jira', unless 'labels of developers'" in shown


async def test_what_can_not_be_a_policy_is_told_by_line_and_changes_nothing(
    house: House, terminal: Terminal, tmp_path: Path
) -> None:
    wrong = POLICY.replace("developer", "develper").replace('"approve"', '"aprove"')
    ended = terminal.run("policy", "apply", written(tmp_path, wrong), "--yes")

    assert ended.code == 1
    assert "policy.toml:6: rules[0].when.requester_roles[0] is 'develper'" in ended.out
    assert "Did you mean approve?" in ended.out
    assert house.stores.database.read(policy_in_force).version == 1
    assert terminal.run("policy", "check", str(tmp_path / "none.toml")).code != 0
    assert terminal.run("policy", "explain", "--kind", "jira.add_labels").code != 0


async def test_an_approval_that_nobody_could_complete_is_named(
    house: House, terminal: Terminal, tmp_path: Path
) -> None:
    ada = add(house, "Ada Admin", Role.ADMIN)
    text = POLICY + 'approvers = { roles = ["approver"], quorum = 2 }\n'
    add(house, "Alf Approver", Role.APPROVER)

    told = terminal.run("policy", "check", written(tmp_path, text)).out
    assert "error: the rest of Jira: Nobody could complete its approvals in PAY" in told
    named = POLICY + f'approvers = {{ members = ["{ada}", "mbr_nobody"], quorum = 1 }}\n'
    told = terminal.run("policy", "check", written(tmp_path, named)).out
    assert "mbr_nobody is no member" in told
    own = POLICY + "approvers = { excludes_requester = false }\n"
    told = terminal.run("policy", "check", written(tmp_path, own)).out
    assert "lets whoever asks approve their own" in told


async def test_broken_glass_lets_its_operator_past_the_policy_for_an_hour(
    house: House, terminal: Terminal
) -> None:
    house.mode("auto")
    await house.ask("@bot set priority Low")
    [action] = house.actions
    house.mode("approve")
    assert terminal.run("policy", "break-glass").code != 0

    told = terminal.done("policy", "break-glass", "--reason", "Wrong priorities").out
    assert "past the policy until" in told
    assert "glass_broken" in house.notices
    assert "already" in terminal.run("policy", "break-glass", "--reason", "again").err
    read, now = house.stores.database.read, house.clock.now()
    other = Cause("slack:U1", origin=Origin.CHAT, trust=Trust.UNKNOWN)
    asked = read(lambda tx: rulings(tx).on_kind(LABELS, PAY, cause=other, now=now))
    assert (asked.mode, asked.approvers.excludes_requester) == (Mode.APPROVE, False)
    terminal.done("actions", "undo", action.id)
    await house.settle()
    (undo,) = [one for one in house.actions if one.id != action.id]
    assert (undo.mode, undo.state.value) == (Mode.AUTO, "executed")

    house.clock.advance(3600)
    later = house.clock.now()
    after = read(lambda tx: rulings(tx).on(undo, cause=undo.cause, now=later))
    assert (after.mode, after.rule) == (Mode.APPROVE, "default")
    assert terminal.run("policy", "break-glass", "--end").code != 0
    tags = {one.tag for one in read(lambda tx: tx.audit.newest(limit=50))}
    assert "person:glass:broken" in tags


async def test_check_names_approvals_that_absences_leave_to_nobody(
    house: House, terminal: Terminal, tmp_path: Path
) -> None:
    add(house, "Ada Admin", Role.ADMIN)
    for name in ("Ana Ruiz", "Ben Adler", "Cem Kaya"):
        add(house, name, Role.APPROVER)
    add(house, "Dan Dev", Role.DEVELOPER)
    text = POLICY.replace(
        '"approve"', '"approve"\napprovers = { roles = ["approver"], quorum = 2 }'
    )
    check = ("policy", "check", written(tmp_path, text))
    away = ("--from", "2026-12-20", "--until", "2026-12-24")

    before = terminal.done(*check).out
    terminal.done("members", "away", "Ana Ruiz", *away)
    one = terminal.done(*check).out
    terminal.done("members", "away", "Ben Adler", *away)
    two = terminal.done(*check).out
    listed = terminal.done(*check, "--json").json
    terminal.done("members", "back", "Ben Adler")
    terminal.done("members", "away", "Ben Adler", *away, "--deputy", "Dan Dev")
    deputy = terminal.done(*check).out

    assert "is away" not in before
    # Of the two who are there each needs the other.
    stuck = "warning: the rest of Jira: What Ben Adler, Cem Kaya asks for in PAY could not be"
    assert f"{stuck} approved while Ana Ruiz is away (2026-12-19 23:00 to " in one
    nobody = "warning: the rest of Jira: Nobody could complete its approvals in PAY while Ana Ruiz"
    assert nobody in two
    assert "Ben Adler is away" in two
    assert "it takes 2 of approver" in two
    assert (listed["is_valid"], {one["is_error"] for one in listed["findings"]}) == (True, {False})
    assert nobody not in deputy
    assert "What Cem Kaya, Dan Dev asks for in PAY could not be approved" in deputy
    assert "Dan Dev in their place" in deputy


async def test_a_made_up_change_shows_which_rule_decides_by_its_diff(
    house: House, terminal: Terminal, tmp_path: Path
) -> None:
    add(house, "Ada Admin", Role.ADMIN)
    terminal.done("policy", "apply", written(tmp_path, DOCS_ALONE.decode()), "--yes")

    def told(*change: str) -> str:
        question = ("--kind", "github.approve", "--project", "PAY", "--trust", "team")
        return terminal.done("policy", "explain", *question, *change).out

    docs = ("--path", "docs/a.md", "--path", "docs/b/c.md")
    assert "github.approve in PAY: auto" in told("--lines", "50", *docs)
    assert "small docs (policy version 2)" in told("--lines", "50", *docs)
    much, elsewhere = told("--lines", "51", *docs), told("--path", "src/a.py", "--lines", "1")
    assert "github.approve in PAY: approve" in much
    assert "diff_lines_at_most is 51" in much
    assert "all_paths is src/a.py" in elsewhere
    assert "diff_lines_at_most is not known" in told(*docs)
    assert "all_paths is not known" in told("--lines", "1")
    labels = ("policy", "explain", "--kind", "jira.add_labels", "--project", "PAY")
    refused = terminal.run(*labels, "--lines", "1")
    assert refused.code != 0
    assert "lines and paths can not decide" in refused.err
    assert (
        "1 to 1000 characters"
        in terminal.run(
            "policy", "explain", "--kind", "github.approve", "--project", "PAY", "--path", ""
        ).err
    )
    assert terminal.run("policy", "explain", "act_1", "--lines", "1").code != 0
    assert terminal.run(*labels, "--lines", "-1").code != 0


async def test_a_rule_for_the_night_is_explained_by_day(
    house: House, terminal: Terminal, tmp_path: Path
) -> None:
    add(house, "Ada Admin", Role.ADMIN)
    night = 'time = { from = "22:00", until = "06:00", zone = "UTC" }'
    text = f'format = 2\n[[rules]]\nname = "night"\nmode = "approve"\nwhen = {{ {night} }}\n'
    terminal.done("policy", "apply", written(tmp_path, text), "--yes")
    question = ("policy", "explain", "--kind", "jira.add_comment", "--project", "PAY")

    by_night, by_day = (
        terminal.done(*question, "--at", f"2026-12-01T{hour}:00").out for hour in ("23", "12")
    )

    assert "jira.add_comment in PAY: approve" in by_night
    assert "jira.add_comment in PAY: simulate" in by_day
    assert terminal.run(*question, "--at", "some day").code != 0
