"""A reply reaches nobody the question did not reach, and tells nothing they may not know."""

from dataclasses import replace

import pytest

from chargehand.testing.jira import CommentVisibility
from tests.acceptance.conftest import both_sites
from tests.house import House

pytestmark = pytest.mark.anyio


@pytest.fixture
async def house(house: House) -> House:
    """The bot answers by itself, and belongs to the groups it is asked in."""
    bot = replace(house.bot, groups=("staff", "payments-leads"))
    house.jira.state.people[bot.account_id] = bot
    house.mode("auto")
    return house


class TestVisibility:
    @both_sites
    @pytest.mark.parametrize(
        ("visibility", "seen_by"),
        [
            pytest.param(None, "everyone", id="everyone"),
            pytest.param(CommentVisibility("role", "Developers"), "role Developers", id="role"),
            pytest.param(CommentVisibility("group", "staff"), "group staff", id="group"),
        ],
    )
    async def test_reply_is_as_visible_as_the_question(
        self, house: House, visibility: CommentVisibility | None, seen_by: str
    ) -> None:
        await house.ask("@bot what's blocking this?", visibility=visibility)

        [reply] = house.replies()
        assert reply.visibility == seen_by
        kind = seen_by.partition(" ")[0]
        assert house.decisions[0].audience.visibility.kind.value == kind
        assert house.decisions[0].audience.scope == "work_item:PAY-7"

    @both_sites
    @pytest.mark.parametrize(
        "later",
        [
            pytest.param(CommentVisibility("role", "Administrators"), id="another-role"),
            pytest.param(CommentVisibility("group", "payments-leads"), id="a-group"),
        ],
    )
    async def test_question_narrowed_before_the_send_is_not_answered(
        self, house: House, later: CommentVisibility
    ) -> None:
        house.mode("approve")
        posted = await house.ask("@bot what's blocking this?")
        house.approve(house.approvals[0])
        _restrict(house, posted.id, later)

        await house.settle()

        assert house.writes == []
        assert [(one.state.value, one.problem) for one in house.actions] == [
            ("rejected", "audience_changed")
        ]

    async def test_question_the_bot_may_not_read_itself_is_not_answered(self, house: House) -> None:
        support = CommentVisibility("group", "support")

        await house.ask("@bot what's blocking this?", author="Lena Novak", visibility=support)

        assert house.writes == []
        assert house.actions[0].state.value == "rejected"

    @both_sites
    async def test_comment_for_others_is_not_repeated(self, house: House) -> None:
        await house.say(
            "The customer threatens to leave.",
            author="Ana Ruiz",
            visibility=CommentVisibility("group", "staff"),
        )

        await house.ask("@bot status")

        assert "threatens" not in house.replies()[0].text
        assert "comments_with_other_readers:1" in house.decisions[0].withheld

    @both_sites
    async def test_comment_for_the_same_people_is_repeated(self, house: House) -> None:
        staff = CommentVisibility("group", "staff")
        await house.say("The customer threatens to leave.", author="Ana Ruiz", visibility=staff)

        await house.ask("@bot status", visibility=staff)

        [reply] = house.replies()
        assert "threatens" in reply.text
        assert reply.visibility == "group staff"


class TestLinkedItems:
    @pytest.fixture
    def ops(self, house: House) -> None:
        house.jira.add_project("OPS", lead="Mei Tanaka", members=["Mei Tanaka", "Chargehand"])
        house.jira.add_issue("OPS", "Migrate the vault", key="OPS-1")

    @both_sites
    @pytest.mark.usefixtures("ops")
    @pytest.mark.parametrize("key", ["OPS-1", "PAY-15"])
    async def test_blocker_not_everybody_may_see_is_one_item_elsewhere(
        self, house: House, key: str
    ) -> None:
        house.jira.add_link(key, "PAY-7")

        await house.ask("@bot what's blocking this?")

        [reply] = house.replies()
        assert "one linked item elsewhere, whose state I can not tell here" in reply.text
        assert key not in reply.text
        assert house.jira.issue(key).summary not in reply.text

    async def test_reply_rests_on_the_items_it_names_and_no_other(self, house: House) -> None:
        await house.ask("@bot what's blocking this?")

        # PAY-1 is linked too, and its key is how the named one begins.
        assert house.actions[0].base["named"] == ["PAY-12"]

    @both_sites
    @pytest.mark.parametrize("question", ["@bot what's blocking this?", "@bot status PAY-12"])
    async def test_item_closed_off_before_the_send_is_not_told(
        self, house: House, question: str
    ) -> None:
        house.mode("approve")
        await house.ask(question)
        house.approve(house.approvals[0])
        house.jira.state.issues["PAY-12"] = replace(
            house.jira.issue("PAY-12"), security=house.jira.issue("PAY-15").security
        )

        await house.settle()

        assert house.writes == []
        assert [(one.state.value, one.problem) for one in house.actions] == [
            ("rejected", "audience_changed")
        ]

    @both_sites
    async def test_item_with_a_security_level_reads_like_none(self, house: House) -> None:
        await house.ask("@bot status PAY-15")
        await house.ask("@bot status PAY-99")

        first, second = house.replies()
        assert first.text.replace("PAY-15", "PAY-99") == second.text
        assert "I can not find PAY-99, or it is not for this conversation." in second.text

    async def test_another_item_of_the_project_is_told(self, house: House) -> None:
        await house.ask("@bot status PAY-12")

        assert "In Review" in house.replies()[0].text


class TestServiceProject:
    @both_sites
    async def test_internal_comment_is_answered_internally_only(self, house: House) -> None:
        await house.ask("@bot status", item="HELP-1", author="Lena Novak", public=False)

        [reply] = house.replies("HELP-1")
        assert reply.visibility == "internal"
        assert reply.mentions == ("Lena Novak",)
        [(_, path), (_, mark)] = house.writes
        assert path.endswith("/rest/servicedeskapi/request/HELP-1/comment")
        assert mark.endswith(f"/comment/{reply.id}/properties/chargehand.action")

    @pytest.mark.parametrize("author", ["Priya Shah", "Lena Novak"])
    async def test_reply_the_customer_reads_waits_for_a_person(
        self, house: House, author: str
    ) -> None:
        await house.ask("@bot status", item="HELP-1", author=author)

        assert house.states == [("jira.reply_to_customer", "waiting")]
        assert house.writes == []

        house.approve(house.approvals[0])
        await house.settle()

        [reply] = house.replies("HELP-1")
        assert reply.visibility == "everyone"
        assert "Waiting for support" in reply.text

    async def test_customer_learns_title_status_and_due_date_only(self, house: House) -> None:
        await house.ask("@bot summary", item="HELP-1", author="Priya Shah")

        response = house.decisions[0].response
        assert "My refund has not arrived" in response
        assert not any(word in response for word in ("PAY-7", "Lena", "split", "order number"))
        assert house.decisions[0].withheld == ("everything_but_title_status_and_due_date",)

    async def test_reply_to_customers_is_auto_only_where_it_was_named(self, house: House) -> None:
        house.mode("auto", kind="jira.reply_to_customer", project="HELP")

        await house.ask("@bot status", item="HELP-1", author="Priya Shah")

        assert house.states == [("jira.reply_to_customer", "executed")]

    async def test_comment_made_internal_before_the_send_is_not_answered_in_public(
        self, house: House
    ) -> None:
        posted = await house.ask("@bot status", item="HELP-1", author="Lena Novak")
        house.approve(house.approvals[0])
        comment = house.jira.state.threads["HELP-1"][posted.id]
        house.jira.state.threads["HELP-1"][posted.id] = replace(comment, public=False)

        await house.settle()

        assert house.writes == []
        assert house.actions[0].problem == "audience_changed"

    @both_sites
    async def test_internal_question_may_name_what_customers_must_not_know(
        self, house: House
    ) -> None:
        await house.ask("@bot status", item="HELP-1", author="Lena Novak", public=False)

        assert "this waits for PAY-7" in house.replies("HELP-1")[0].text


def _restrict(house: House, comment_id: str, visibility: CommentVisibility) -> None:
    comment = house.jira.state.threads["PAY-7"][comment_id]
    house.jira.state.threads["PAY-7"][comment_id] = replace(comment, visibility=visibility)
