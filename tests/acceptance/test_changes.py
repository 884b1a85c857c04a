"""Changes are proposed only to who could make them, and made only on the state they were about."""

from dataclasses import replace

import pytest

from chargehand.testing.jira import permissions as rights
from tests.acceptance.conftest import both_sites
from tests.house import House

pytestmark = pytest.mark.anyio

COMMANDS = [
    pytest.param("@bot assign to me", "Assign issues", id="assign"),
    pytest.param("@bot move to In Review", "Transition issues", id="transition"),
    pytest.param("@bot label urgent", "Edit issues", id="label"),
    pytest.param("@bot link relates to PAY-12", "Link issues", id="link"),
    pytest.param("@bot set priority Low", "Edit issues", id="fields"),
    pytest.param('@bot create bug "Refunds fail"', "Create issues", id="create"),
]
CHANGES = [
    pytest.param("@bot assign this to Tom Berg", "jira.assign_issue", id="assign"),
    pytest.param("@bot move to In Review", "jira.transition_issue", id="transition"),
    pytest.param("@bot label urgent", "jira.add_labels", id="label"),
    pytest.param("@bot link relates to PAY-12", "jira.link_issues", id="link"),
    pytest.param("@bot set priority Low", "jira.update_fields", id="fields"),
]


def is_changed(house: House, kind: str) -> bool:
    issue = house.jira.issue("PAY-7")
    match kind:
        case "jira.assign_issue":
            return issue.assignee == house.jira.person("Tom Berg").account_id
        case "jira.transition_issue":
            workflow = house.jira.project("PAY").workflow
            return workflow.status(issue.status).name == "In Review"
        case "jira.link_issues":
            ends = [(one.kind, one.source, one.target) for one in house.jira.state.links]
            return ("Relates", "PAY-7", "PAY-12") in ends
        case "jira.update_fields":
            return issue.priority == "Low"
        case _:
            return issue.labels == ("refunds", "urgent")


class TestRights:
    @both_sites
    @pytest.mark.parametrize(("command", "right"), COMMANDS)
    async def test_who_may_not_is_refused_with_the_name_of_the_right(
        self, house: House, command: str, right: str
    ) -> None:
        house.mode("auto")

        await house.ask(command, author="Sam Okoro")

        [reply] = house.replies()
        assert f'You need the "{right}" permission in PAY' in reply.text
        assert house.verdicts == [("respond", "write_refused_no_right")]
        assert house.states == [("jira.add_comment", "executed")]

    @pytest.mark.parametrize(("command", "right"), COMMANDS)
    async def test_bot_that_may_not_ask_for_rights_says_so_and_proposes_nothing(
        self, house: House, command: str, right: str
    ) -> None:
        house.mode("auto")
        _without(house, rights.ADMIN)

        await house.ask(command)

        [reply] = house.replies()
        assert f'I could not check whether you have the "{right}" permission' in reply.text
        assert house.verdicts == [("respond", "write_refused_right_unknown")]
        assert house.states == [("jira.add_comment", "executed")]

    @both_sites
    @pytest.mark.parametrize("intake", ["poll", "webhook"])
    async def test_words_put_into_a_comment_have_the_rights_of_who_put_them_there(
        self, house: House, intake: str
    ) -> None:
        house.mode("auto")
        await house.poll()
        comment = house.write("I will look at it tomorrow.")
        house.jira.grant("PAY", "Sam Okoro", permissions=(*rights.COMMENTER, rights.EDIT_ALL))
        house.clock.advance(1)
        edited = house.jira.edit_comment(
            comment.id, body=f"{house.mention} assign this to Tom Berg", author="Sam Okoro"
        )
        house.clock.advance(60)

        if intake == "webhook":
            await house.deliver(edited, event="comment_updated")
            await house.settle()
        await house.poll()

        assert ("respond", "write_refused_no_right") in house.verdicts
        assert house.states == [("jira.add_comment", "executed")]

    @pytest.mark.parametrize("when", ["asked", "approved"])
    async def test_move_with_conditions_is_not_made_with_the_rights_of_the_bot(
        self, house: House, when: str
    ) -> None:
        house.mode("approve", kind="jira.transition_issue")
        if when == "asked":
            _restrict_moves(house)
        await house.ask("@bot move to In Review")
        _restrict_moves(house)
        for approval in house.approvals:
            house.approve(approval)

        await house.settle()

        assert not is_changed(house, "jira.transition_issue")
        assert house.writes == []

    async def test_who_may_not_may_still_ask(self, house: House) -> None:
        house.mode("auto")

        await house.ask("@bot what's blocking this?", author="Sam Okoro")

        assert "PAY-12" in house.replies()[0].text

    @pytest.mark.parametrize("command", ["@bot assign to me", "@bot move to Done"])
    async def test_portal_customer_only_reads(self, house: House, command: str) -> None:
        house.mode("auto")

        await house.ask(command, item="HELP-1", author="Priya Shah")

        assert house.verdicts == [("respond", "write_refused_read_only_asker")]
        assert house.states == [("jira.reply_to_customer", "waiting")]

    async def test_right_lost_by_the_bot_itself_fails_without_a_word(self, house: House) -> None:
        house.mode("approve")
        await house.ask("@bot assign this to Tom Berg")
        house.approve(house.approvals[0])
        house.jira.grant("PAY", "Chargehand", permissions="commenter")

        await house.settle()

        assert [state for _, state in house.states] == ["failed"]
        assert house.notices == ["action_failed"]
        assert house.replies() == []


class TestDoing:
    @pytest.mark.parametrize(("command", "kind"), CHANGES)
    async def test_change_is_made_at_once_in_auto(
        self, house: House, command: str, kind: str
    ) -> None:
        house.mode("auto")

        await house.ask(command)

        assert house.states == [(kind, "executed")]
        assert is_changed(house, kind)
        assert len(house.writes) == 1

    @pytest.mark.parametrize(("command", "kind"), CHANGES)
    async def test_change_waits_for_its_approval(
        self, house: House, command: str, kind: str
    ) -> None:
        house.mode("approve")
        await house.ask(command)
        assert not is_changed(house, kind)

        house.approve(house.approvals[0])
        await house.settle()

        assert house.states == [(kind, "executed")]
        assert is_changed(house, kind)

    @pytest.mark.parametrize(
        ("command", "kind", "preview"),
        [
            pytest.param(
                "@bot assign this to Tom Berg",
                "jira.assign_issue",
                "Assign PAY-7 to Tom Berg",
                id="assign",
            ),
            pytest.param(
                "@bot move to In Review",
                "jira.transition_issue",
                'Move PAY-7 from "In Progress" to "In Review"',
                id="transition",
            ),
            pytest.param(
                "@bot label urgent", "jira.add_labels", "Add labels to PAY-7: urgent", id="label"
            ),
            pytest.param(
                "@bot link relates to PAY-12",
                "jira.link_issues",
                "Link PAY-7 to PAY-12: PAY-7 relates to PAY-12\n"
                "links between the two now: is blocked by",
                id="link",
            ),
            pytest.param(
                "@bot set components Ledger, web shop",
                "jira.update_fields",
                'Set on PAY-7:\ncomponents: "Ledger", "Web shop" (now: nothing)',
                id="fields",
            ),
        ],
    )
    async def test_preview_says_exactly_what_would_change(
        self, house: House, command: str, kind: str, preview: str
    ) -> None:
        await house.ask(command)

        assert house.actions[0].kind.value == kind
        assert house.actions[0].preview.replace("“", '"').replace("”", '"').startswith(preview)

    @both_sites
    async def test_nobody_is_assigned_on_demand(self, house: House) -> None:
        house.mode("auto")

        await house.ask("@bot assign to nobody")

        assert house.jira.issue("PAY-7").assignee is None

    @both_sites
    async def test_person_mentioned_is_the_person_assigned(self, house: House) -> None:
        house.mode("auto")
        tom = house.jira.person("Tom Berg").account_id

        await house.ask(f"@bot assign to [~accountid:{tom}]")

        assert house.jira.issue("PAY-7").assignee == tom

    async def test_several_changes_in_one_comment_are_several_actions(self, house: House) -> None:
        house.mode("auto")

        await house.ask("@bot\nassign this to Tom Berg\nlabel urgent")

        assert sorted(house.states) == [
            ("jira.add_labels", "executed"),
            ("jira.assign_issue", "executed"),
        ]

    @both_sites
    async def test_new_item_is_created_with_its_mark_and_where_it_was_asked_for(
        self, house: House
    ) -> None:
        house.mode("approve")
        await house.ask('@bot create bug "Refunds fail twice" description: "Each Monday."')
        [action] = house.actions
        assert action.preview.startswith("Create a Bug in PAY, visible to everyone")

        house.approve(house.approvals[0])
        await house.settle()

        [action] = house.actions
        issue = house.jira.issue(str(action.result["external_id"]))
        assert (issue.summary, issue.issue_type) == ("Refunds fail twice", "Bug")
        assert issue.properties == {"chargehand.action": {"action_id": action.id}}
        assert "Each Monday." in str(issue.description)
        assert "PAY-7" in str(issue.description)


class TestBase:
    @pytest.mark.parametrize(
        ("command", "change"),
        [
            pytest.param(
                "@bot assign this to Tom Berg",
                lambda jira: jira.assign("PAY-7", author="Mei Tanaka", to="Lena Novak"),
                id="assign",
            ),
            pytest.param(
                "@bot move to In Review",
                lambda jira: jira.transition("PAY-7", author="Mei Tanaka", to="Done"),
                id="transition",
            ),
            pytest.param(
                "@bot label urgent",
                lambda jira: jira.edit("PAY-7", author="Mei Tanaka", fields={"labels": ["x"]}),
                id="label",
            ),
            pytest.param(
                "@bot link relates to PAY-12",
                lambda jira: jira.add_link("PAY-12", "PAY-7", kind="Duplicate"),
                id="link",
            ),
            pytest.param(
                "@bot set due 2026-12-24",
                lambda jira: jira.edit(
                    "PAY-7", author="Mei Tanaka", fields={"duedate": "2026-12-01"}
                ),
                id="fields",
            ),
        ],
    )
    async def test_state_changed_meanwhile_is_not_overwritten_but_asked_about_again(
        self, house: House, command: str, change: object
    ) -> None:
        house.mode("approve")
        await house.ask(command)
        house.approve(house.approvals[0])
        change(house.jira)  # type: ignore[operator]

        await house.settle()

        old, fresh = sorted(house.actions, key=lambda one: one.state.value)
        assert (old.state.value, old.problem) == ("rejected", "base_changed")
        assert fresh.state.value == "waiting"
        assert fresh.digest != old.digest
        assert house.writes == []
        assert house.notices == []

    async def test_what_a_person_rejected_is_not_asked_about_again_beside_it(
        self, house: House
    ) -> None:
        house.mode("approve")
        await house.ask("@bot\nlabel urgent\nset priority Low")
        labels, priority = (
            next(one for one in house.approvals if one.action_id == action.id)
            for action in sorted(house.actions, key=lambda one: one.kind.value)
        )
        house.reject(priority)
        house.approve(labels)
        house.jira.edit("PAY-7", author="Mei Tanaka", fields={"labels": ["x"]})

        await house.settle()

        assert sorted((one.kind.value, one.state.value) for one in house.actions) == [
            ("jira.add_labels", "rejected"),
            ("jira.add_labels", "waiting"),
            ("jira.update_fields", "rejected"),
        ]

    async def test_target_that_changes_every_time_waits_for_a_person_in_the_end(
        self, house: House
    ) -> None:
        house.mode("approve")
        await house.ask("@bot label urgent")

        for number in range(4):
            waiting = next(one for one in house.approvals if one.state.value == "open")
            house.approve(waiting)
            labels = [f"x{number}"]
            house.jira.edit("PAY-7", author="Mei Tanaka", fields={"labels": labels})
            await house.settle()

        assert [one.state.value for one in house.approvals] == ["approved"] * 4
        assert [one.problem for one in house.actions] == ["base_changed"] * 4
        assert house.writes == []
        (stored,) = house.asks
        assert (stored.ask.state.value, stored.problem) == ("late", "outdated")

    @pytest.mark.parametrize(("command", "kind"), CHANGES)
    async def test_change_somebody_made_meanwhile_counts_as_done(
        self, house: House, command: str, kind: str
    ) -> None:
        house.mode("approve")
        await house.ask(command)
        house.approve(house.approvals[0])
        jira = house.jira
        if kind == "jira.assign_issue":
            jira.assign("PAY-7", author="Mei Tanaka", to="Tom Berg")
        elif kind == "jira.transition_issue":
            jira.transition("PAY-7", author="Mei Tanaka", to="In Review")
        elif kind == "jira.link_issues":
            jira.add_link("PAY-7", "PAY-12", kind="Relates")
        elif kind == "jira.update_fields":
            jira.edit("PAY-7", author="Mei Tanaka", fields={"priority": {"name": "Low"}})
        else:
            jira.edit("PAY-7", author="Mei Tanaka", fields={"labels": ["refunds", "urgent"]})

        await house.settle()

        assert house.states == [(kind, "executed")]
        assert house.writes == []

    @pytest.mark.parametrize(
        ("command", "sentence"),
        [
            pytest.param(
                "@bot assign this to Ana Ruiz", "already assigned to Ana Ruiz", id="assign"
            ),
            pytest.param("@bot move to In Progress", "is already in *In Progress*", id="status"),
            pytest.param("@bot label refunds", "already has the label", id="label"),
            pytest.param("@bot link is blocked by PAY-12", "already is blocked by", id="link"),
            pytest.param("@bot set components none", "has no components already", id="fields"),
        ],
    )
    async def test_what_is_so_already_is_a_sentence_and_no_change(
        self, house: House, command: str, sentence: str
    ) -> None:
        house.mode("auto")

        await house.ask(command)

        assert sentence in house.replies()[0].text
        assert house.verdicts == [("respond", "write_already_so")]
        assert house.states == [("jira.add_comment", "executed")]

    @pytest.mark.parametrize(
        ("command", "sentence"),
        [
            pytest.param("@bot move to Shipped", "can not move from", id="no-such-status"),
            pytest.param("@bot assign to Zoe Quinn", "I found nobody called", id="no-such-person"),
            pytest.param("@bot assign to Priya Shah", "I found nobody called", id="not-assignable"),
            pytest.param("@bot link blocks PAY-15", "I can not find PAY-15", id="hidden-item"),
            pytest.param("@bot link blocks PAY-99", "I can not find PAY-99", id="no-such-item"),
            pytest.param("@bot link blocks HELP-1", "items of PAY only", id="other-project"),
            pytest.param("@bot link blocks PAY-7", "linked to itself", id="itself"),
            pytest.param("@bot set priority Urgent", "Possible: Highest, High", id="no-such-value"),
        ],
    )
    async def test_what_is_not_possible_is_said_with_what_is(
        self, house: House, command: str, sentence: str
    ) -> None:
        house.mode("auto")

        await house.ask(command)

        assert sentence in house.replies()[0].text
        assert house.states == [("jira.add_comment", "executed")]

    async def test_change_made_once_is_not_proposed_again_with_a_late_answer(
        self, house: House
    ) -> None:
        house.mode("auto")
        house.jira.inject(method="POST", path=".*/PAY-7/comment", status=429, retry_after=900)
        await house.ask("@bot\nassign this to Tom Berg\nstatus")
        house.jira.assign("PAY-7", author="Mei Tanaka", to="Lena Novak")

        await house.wait(901)

        assert len(house.replies()) == 1
        assert house.jira.issue("PAY-7").assignee == house.jira.person("Lena Novak").account_id
        kinds = [kind for kind, _ in house.states]
        assert kinds.count("jira.assign_issue") == 1

    async def test_change_that_had_to_wait_while_somebody_made_another_is_asked_about_again(
        self, house: House
    ) -> None:
        house.mode("auto")
        house.mode("approve", kind="jira.assign_issue")
        house.jira.inject(method="POST", path=".*/PAY-7/comment", status=429, retry_after=900)
        await house.ask("@bot\nassign this to Tom Berg\nstatus")
        house.approve(house.approvals[0])
        await house.settle()
        house.jira.assign("PAY-7", author="Mei Tanaka", to="Lena Novak")

        await house.wait(901)

        assert house.jira.issue("PAY-7").assignee == house.jira.person("Lena Novak").account_id
        changes = [state for kind, state in house.states if kind == "jira.assign_issue"]
        assert changes[-1] == "waiting"
        assert "executed" not in changes

    @both_sites
    async def test_item_moved_to_another_project_meanwhile_is_left_alone(
        self, house: House
    ) -> None:
        house.mode("approve")
        await house.ask("@bot label urgent")
        house.approve(house.approvals[0])
        house.jira.inject(method="GET", path=".*/issue/PAY-7", status=404)

        await house.settle()

        assert house.writes == []
        assert [state for _, state in house.states] == ["failed"]


def _without(house: House, permission: str) -> None:
    left = tuple(one for one in house.bot.global_permissions if one != permission)
    bot = replace(house.bot, global_permissions=left)
    house.jira.state.people[bot.account_id] = bot
    house.jira.grant("PAY", "Chargehand", permissions="member")


def _restrict_moves(house: House) -> None:
    """Give every move of the workflow a condition, which the bot meets."""
    project = house.jira.project("PAY")
    moves = tuple(replace(move, is_conditional=True) for move in project.workflow.moves)
    workflow = replace(project.workflow, moves=moves)
    house.jira.state.projects["PAY"] = replace(project, workflow=workflow)


class TestTakenBack:
    """A change is not made for words that hide, nor for a comment that is gone."""

    @pytest.mark.parametrize("intake", ["poll", "webhook"])
    @pytest.mark.parametrize(
        "words",
        [
            pytest.param("assign this to \u2067\u202eTom Berg\u202c\u2069", id="reordered"),
            pytest.param("assign to me\u200b", id="zero-width"),
        ],
    )
    async def test_words_that_read_otherwise_than_they_are_change_nothing(
        self, house: House, words: str, intake: str
    ) -> None:
        house.mode("auto")
        await house.poll()

        if intake == "poll":
            house.write(f"@bot {words}")
            house.clock.advance(60)
            await house.poll()
        else:
            await house.ask(f"@bot {words}")

        assert [one for one in house.states if one[0] == "jira.assign_issue"] == []

    async def test_change_whose_comment_vanished_unheard_is_not_made(self, house: House) -> None:
        house.mode("approve", kind="jira.assign_issue")
        posted = await house.ask("@bot assign this to Tom Berg")
        house.jira.delete_comment(posted.id)

        house.approve(house.approvals[0])
        await house.settle()

        assert not is_changed(house, "jira.assign_issue")
        assert house.actions[0].problem == "question_deleted"
