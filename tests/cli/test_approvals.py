"""`approvals`: people see the exact words, decide once, and what they decide is done."""

import pytest

from chargehand.domain.records import ApprovalState
from chargehand.pipeline.looking import list_approvals
from chargehand.pipeline.showing import to_json
from tests.cli.terminal import Terminal
from tests.house import House

pytestmark = pytest.mark.anyio


@pytest.fixture
async def waiting(house: House) -> House:
    house.mode("approve")
    await house.ask("@bot when is it due?")
    return house


async def test_list_shows_who_asked_and_how_it_begins(waiting: House, terminal: Terminal) -> None:
    ended = terminal.done("approvals", "list")

    (heading, line) = ended.lines
    assert heading.split()[:3] == ["id", "action", "on"]
    assert line.startswith(waiting.approvals[0].short_id)
    assert "Mei Tanaka" in line
    assert "Due Saturday 21 November 2026" in line


async def test_list_without_any_says_where_they_come_from(quiet_terminal: Terminal) -> None:
    assert quiet_terminal.done("approvals", "list").out.startswith("No approvals wait.")
    assert quiet_terminal.done("approvals", "list", "--all").out == "No approvals yet.\n"


async def test_list_as_json_is_what_rest_shows(waiting: House, terminal: Terminal) -> None:
    page = waiting.stores.database.read(lambda tx: list_approvals(tx, now=waiting.clock.now()))

    assert terminal.done("approvals", "list", "--json").json == to_json(page)


async def test_show_prints_the_exact_preview_and_its_background(
    waiting: House, terminal: Terminal
) -> None:
    action = waiting.actions[0]

    shown = terminal.done("approvals", "show", waiting.approvals[0].short_id).out

    preview = "\n".join(f"  {line}".rstrip() for line in action.preview.split("\n"))
    assert preview in shown
    assert "asked by  Mei Tanaka" in shown
    assert "@Chargehand when is it due?" in shown
    assert "The question was answered from facts." in shown
    assert "Europe/Madrid (in 3 d)" in shown


async def test_approve_lets_the_action_be_sent(waiting: House, terminal: Terminal) -> None:
    name = waiting.approvals[0].short_id

    ended = terminal.done("approvals", "approve", name)
    await waiting.settle()

    assert ended.out.startswith(f"{name} approved: jira.add_comment on PAY-7.")
    assert waiting.approvals[0].state is ApprovalState.APPROVED
    assert waiting.approvals[0].decided_by.startswith("cli:")
    assert waiting.actions[0].state == "executed"
    assert "Due Saturday" in waiting.replies()[-1].text


async def test_approve_in_simulate_mode_says_that_nothing_will_be_sent(
    waiting: House, terminal: Terminal
) -> None:
    waiting.mode("simulate")

    ended = terminal.done("approvals", "approve", waiting.approvals[0].id)
    await waiting.settle()

    assert "recorded, not sent" in ended.out
    assert waiting.actions[0].state == "simulated"
    assert waiting.writes == []


async def test_second_decision_is_told_who_was_faster(waiting: House, terminal: Terminal) -> None:
    approval = waiting.approvals[0]
    waiting.approve(approval, by="cli:lead")

    ended = terminal.run("approvals", "reject", approval.short_id)

    assert ended.code == 2
    assert "already approved by cli:lead at 2026-11-19 10:01 UTC" in ended.err
    assert waiting.actions[0].state == "approved"


async def test_one_refused_id_does_not_keep_the_others(waiting: House, terminal: Terminal) -> None:
    name = waiting.approvals[0].short_id

    ended = terminal.run("approvals", "reject", "zzzzzz", name, "--reason", "told in person")

    assert ended.code == 2
    assert ended.err == "chargehand: There is no approval zzzzzz.\n"
    assert ended.out == f"{name} rejected: jira.add_comment on PAY-7 will not be sent.\n"
    assert waiting.approvals[0].reason == "told in person"
    assert waiting.actions[0].state == "rejected"


async def test_expired_approval_can_not_be_decided(waiting: House, terminal: Terminal) -> None:
    waiting.clock.advance(3 * 86_400 + 1)

    ended = terminal.run("approvals", "approve", waiting.approvals[0].short_id)
    listed = terminal.done("approvals", "list")

    assert ended.code == 2
    assert "expired at 2026-11-22 10:01 UTC" in ended.err
    assert " expired " in listed.lines[1]


async def test_edit_voids_the_old_approval_and_opens_one_for_the_new_words(
    waiting: House, terminal: Terminal
) -> None:
    old = waiting.approvals[0]
    waiting.clock.advance(30)

    ended = terminal.done("approvals", "edit", old.short_id, "--text", "On **Monday**.")

    (new,) = (one for one in waiting.approvals if one.state is ApprovalState.OPEN)
    assert new.id != old.id
    assert f"wait as {new.short_id}" in ended.out
    assert "On **Monday**." in ended.out
    assert terminal.run("approvals", "approve", old.short_id).code == 2
    terminal.done("approvals", "approve", new.short_id)
    await waiting.settle()
    assert waiting.replies()[-1].text.endswith(" On *Monday*.")


async def test_edit_opens_the_editor_with_the_words(
    waiting: House,
    terminal: Terminal,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    editor = tmp_path_factory.mktemp("bin") / "editor.sh"
    editor.write_text('#!/bin/sh\nsed -i "s/^Due/It is due/" "$1"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("VISUAL", str(editor))

    ended = terminal.done("approvals", "edit", waiting.approvals[0].short_id)

    assert "It is due Saturday 21 November 2026" in ended.out
    assert str(waiting.actions[0].params["markdown"]).startswith("It is due Saturday")


async def test_edit_that_changes_nothing_leaves_the_approval_open(
    waiting: House, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", "true")

    ended = terminal.done("approvals", "edit", waiting.approvals[0].short_id)

    assert ended.out == "Nothing was changed.\n"
    assert [one.state for one in waiting.approvals] == [ApprovalState.OPEN]


@pytest.mark.parametrize(
    ("editor", "told"),
    [
        pytest.param("", "No editor is set", id="none"),
        pytest.param("false", "exit code 1", id="fails"),
        pytest.param("no-such-editor-here", "did not end well", id="missing"),
    ],
)
async def test_edit_without_a_working_editor_says_so(
    waiting: House, terminal: Terminal, monkeypatch: pytest.MonkeyPatch, editor: str, told: str
) -> None:
    monkeypatch.setenv("VISUAL", editor)
    monkeypatch.setenv("EDITOR", editor)

    ended = terminal.run("approvals", "edit", waiting.approvals[0].short_id)

    assert ended.code == 2
    assert told in ended.err
    assert [one.state for one in waiting.approvals] == [ApprovalState.OPEN]
