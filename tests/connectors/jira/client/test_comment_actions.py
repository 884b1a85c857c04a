from datetime import timedelta

import pytest

from chargehand.domain.action import ActionKind, Done, Faulty, Refused, Undecided
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing.jira.records import CommentVisibility
from tests.connectors.jira.client import samples
from tests.connectors.jira.client.world import NOW, SITE

pytestmark = pytest.mark.anyio

COMMENT_PATH = "/rest/api/3/issue/PAY-1/comment"
REQUEST_PATH = "/rest/servicedeskapi/request/HELP-1/comment"
DEVELOPERS = CommentVisibility("role", "Developers")
MARK = {"action_id": samples.ACTION_ID}
PAST = PastEffect(intended_at=NOW, attempts=1)


def ask(world, key="PAY-1", **options):
    return world.jira.comment(key, author="Ana Ruiz", body="what is blocking this?", **options).id


def ours(world, key="PAY-1"):
    thread = world.jira.state.comments_of(key)
    return [comment for comment in thread if comment.author == world.bot.account_id]


class TestAddComment:
    async def test_comment_is_posted_once_with_its_mark(self, world):
        question = ask(world)

        result = await world.client.perform(samples.comment(question))

        (posted,) = ours(world)
        assert result == Done(posted.id, f"{SITE}/browse/PAY-1?focusedCommentId={posted.id}")
        assert world.written() == [("POST", COMMENT_PATH)]
        assert posted.properties == {"chargehand.action": MARK}
        assert "blocked" in posted.wiki
        assert posted.visibility is None
        assert await world.client.is_own_comment("PAY-1", posted.id) is True
        assert await world.client.is_own_comment("PAY-1", question) is False

    async def test_mention_notifies_the_asker(self, world):
        mention = {"account_id": world.ana.account_id, "name": "Ana Ruiz"}

        await world.client.perform(samples.comment(ask(world), mention=mention))

        assert f"[~accountid:{world.ana.account_id}]" in ours(world)[0].wiki

    async def test_restriction_is_sent_along(self, world):
        visibility = {"kind": "role", "value": "Developers", "identifier": ""}
        question = ask(world, visibility=DEVELOPERS)

        result = await world.client.perform(samples.comment(question, visibility=visibility))

        assert isinstance(result, Done)
        assert ours(world)[0].visibility == DEVELOPERS

    async def test_deleted_question_is_not_answered(self, world):
        question = ask(world)
        world.jira.delete_comment(question)

        result = await world.client.perform(samples.comment(question))

        assert isinstance(result, Refused)
        assert result.reason == "question_deleted"
        assert world.written() == []

    async def test_question_of_another_work_item_is_not_answered_here(self, world):
        world.jira.add_issue("PAY", "Other")

        result = await world.client.perform(samples.comment(ask(world, "PAY-2")))

        assert isinstance(result, Refused)
        assert world.written() == []

    @pytest.mark.parametrize(
        "wanted",
        [
            pytest.param({"kind": "everyone"}, id="everyone"),
            pytest.param({"kind": "role", "value": "Administrators"}, id="another role"),
            pytest.param({"kind": "group", "value": "Developers"}, id="a group of that name"),
        ],
    )
    async def test_question_for_fewer_readers_is_not_answered(self, world, wanted):
        question = ask(world, visibility=DEVELOPERS)

        result = await world.client.perform(samples.comment(question, visibility=wanted))

        assert isinstance(result, Refused)
        assert result.reason == "audience_changed"
        assert world.written() == []

    async def test_answer_for_fewer_readers_than_the_question_is_sent(self, world):
        wanted = {"kind": "role", "value": "Developers"}

        result = await world.client.perform(samples.comment(ask(world), visibility=wanted))

        assert isinstance(result, Done)
        assert ours(world)[0].visibility == DEVELOPERS

    async def test_internal_question_gets_no_comment_a_customer_could_read(self, world):
        question = ask(world, "HELP-1", public=False)

        result = await world.client.perform(samples.comment(question, target="HELP-1"))

        assert isinstance(result, Refused)
        assert result.reason == "audience_changed"
        assert world.written() == []

    async def test_refusal_of_jira_is_final(self, world):
        question = ask(world)
        world.jira.grant("PAY", "Chargehand", permissions="reader")

        result = await world.client.perform(samples.comment(question))

        assert isinstance(result, Refused)
        assert "permission" in result.detail
        assert ours(world) == []


class TestServiceComments:
    async def test_internal_answer_stays_internal(self, world):
        question = ask(world, "HELP-1", public=False)
        action = samples.comment(
            question, kind=ActionKind.JIRA_ADD_INTERNAL_COMMENT, target="HELP-1"
        )

        result = await world.client.perform(action)

        (posted,) = ours(world, "HELP-1")
        assert isinstance(result, Done)
        assert result.detail == {"marked": True}
        assert not posted.public
        assert posted.properties == {"chargehand.action": MARK}
        assert world.written() == [
            ("POST", REQUEST_PATH),
            ("PUT", f"/rest/api/3/comment/{posted.id}/properties/chargehand.action"),
        ]

    async def test_answer_to_a_customer_is_public(self, world):
        question = world.jira.comment("HELP-1", author="Priya Shah", body="any news?").id
        action = samples.comment(question, kind=ActionKind.JIRA_REPLY_TO_CUSTOMER, target="HELP-1")

        assert isinstance(await world.client.perform(action), Done)
        assert ours(world, "HELP-1")[0].public

    async def test_internal_question_is_never_answered_to_the_customer(self, world):
        question = ask(world, "HELP-1", public=False)
        action = samples.comment(question, kind=ActionKind.JIRA_REPLY_TO_CUSTOMER, target="HELP-1")

        result = await world.client.perform(action)

        assert isinstance(result, Refused)
        assert result.reason == "audience_changed"
        assert world.written() == []

    async def test_restricted_question_is_not_answered_through_the_service_desk(self, world):
        team = CommentVisibility("role", "Service Desk Team")
        question = ask(world, "HELP-1", visibility=team)
        action = samples.comment(
            question, kind=ActionKind.JIRA_ADD_INTERNAL_COMMENT, target="HELP-1"
        )

        result = await world.client.perform(action)

        assert isinstance(result, Refused)
        assert world.written() == []

    async def test_comment_stands_when_its_mark_can_not_be_set(self, world):
        action = samples.comment(
            ask(world, "HELP-1"), kind=ActionKind.JIRA_ADD_INTERNAL_COMMENT, target="HELP-1"
        )
        world.jira.inject(path=".*/properties/.*", status=500)

        result = await world.client.perform(action)

        assert isinstance(result, Done)
        assert result.detail == {"marked": False}
        assert len(ours(world, "HELP-1")) == 1

    async def test_software_project_has_no_service_desk(self, world):
        action = samples.comment(ask(world), kind=ActionKind.JIRA_ADD_INTERNAL_COMMENT)

        result = await world.client.perform(action)

        assert isinstance(result, Refused)
        assert result.reason == "target_missing"
        assert ours(world) == []


class TestLookUp:
    async def test_comment_that_landed_is_found_by_its_mark(self, world):
        action = samples.comment(ask(world))
        world.jira.inject(method="POST", path=COMMENT_PATH, cut="after")

        result = await world.client.perform(action)
        found = await world.client.look_up(action, PAST)

        (posted,) = ours(world)
        assert result == Undecided("vendor_unreachable", 30)
        assert found == LookUp(
            LookUpState.FOUND,
            external_id=posted.id,
            url=f"{SITE}/browse/PAY-1?focusedCommentId={posted.id}",
        )

    async def test_comment_that_never_landed_is_absent(self, world):
        action = samples.comment(ask(world))
        world.jira.inject(method="POST", path=COMMENT_PATH, cut="before")

        result = await world.client.perform(action)
        found = await world.client.look_up(action, PAST)

        assert isinstance(result, Undecided)
        assert found.state is LookUpState.ABSENT
        assert ours(world) == []

    async def test_mark_of_another_action_is_not_ours(self, world):
        other = {"chargehand.action": {"action_id": "act_other"}}
        action = samples.comment(ask(world))
        world.jira.add_past_comment(
            "PAY-1",
            author="Chargehand",
            body=action.params["markdown"],
            at=NOW,
            properties=other,
        )

        assert (await world.client.look_up(action, PAST)).state is LookUpState.ABSENT

    async def test_mark_on_another_persons_comment_does_not_count(self, world):
        forged = {"chargehand.action": MARK}
        action = samples.comment(ask(world))
        world.jira.add_past_comment(
            "PAY-1", author="Ana Ruiz", body="forged", at=NOW, properties=forged
        )

        assert (await world.client.look_up(action, PAST)).state is LookUpState.ABSENT

    async def test_mark_is_found_behind_many_newer_comments(self, world):
        action = samples.comment(ask(world))
        await world.client.perform(action)
        for second in range(250):
            at = NOW + timedelta(seconds=second)
            world.jira.add_past_comment("PAY-1", author="Ana Ruiz", body="more", at=at)

        assert (await world.client.look_up(action, PAST)).state is LookUpState.FOUND

    async def test_thread_is_not_read_further_back_than_needed(self, world):
        action = samples.comment(ask(world))
        for day in range(1000):
            at = NOW - timedelta(days=day)
            world.jira.add_past_comment("PAY-1", author="Ana Ruiz", body="old", at=at)

        await world.client.look_up(action, PAST)

        pages = [request for request in world.jira.requests if request.path == COMMENT_PATH]
        assert len(pages) == 1

    @pytest.mark.parametrize(
        "kind",
        [
            pytest.param(ActionKind.JIRA_ADD_INTERNAL_COMMENT, id="internal"),
            pytest.param(ActionKind.JIRA_REPLY_TO_CUSTOMER, id="to the customer"),
        ],
    )
    async def test_service_comment_without_mark_is_found_by_its_words(self, world, kind):
        mention = {"account_id": world.ana.account_id, "name": "Ana Ruiz"}
        action = samples.comment(
            ask(world, "HELP-1"),
            kind=kind,
            target="HELP-1",
            markdown="Due *Friday* (27 Nov).\n\n- paid_by: [PAY-2](https://example.com/a_b)",
            mention=mention,
            more="Seen 3 * 2 times.",
            more_title="Why",
        )
        world.jira.inject(method="POST", path=REQUEST_PATH, cut="after")

        result = await world.client.perform(action)
        found = await world.client.look_up(action, PAST)

        assert isinstance(result, Undecided)
        assert found.state is LookUpState.FOUND
        assert found.external_id == ours(world, "HELP-1")[0].id

    @pytest.mark.parametrize(
        ("bodies", "state"),
        [
            pytest.param([], LookUpState.ABSENT, id="none"),
            pytest.param(["It is blocked by PAY-2."], LookUpState.FOUND, id="the same words"),
            pytest.param(["It is blocked by PAY-2."] * 2, LookUpState.UNSURE, id="twice"),
            pytest.param(["Something else."], LookUpState.UNSURE, id="other words"),
        ],
    )
    async def test_unmarked_service_comments_are_judged_with_care(self, world, bodies, state):
        action = samples.comment(
            ask(world, "HELP-1"), kind=ActionKind.JIRA_ADD_INTERNAL_COMMENT, target="HELP-1"
        )
        for body in bodies:
            world.jira.add_past_comment("HELP-1", author="Chargehand", body=body, at=NOW)

        assert (await world.client.look_up(action, PAST)).state is state

    async def test_unmarked_comment_older_than_the_send_does_not_count(self, world):
        action = samples.comment(
            ask(world, "HELP-1"), kind=ActionKind.JIRA_ADD_INTERNAL_COMMENT, target="HELP-1"
        )
        words = "It is blocked by PAY-2."
        at = NOW - timedelta(hours=1)
        world.jira.add_past_comment("HELP-1", author="Chargehand", body=words, at=at)

        assert (await world.client.look_up(action, PAST)).state is LookUpState.ABSENT


async def test_service_comment_that_came_out_public_is_reported(world):
    """Should the vendor ever ignore `public`, a person has to know at once."""
    action = samples.comment(
        ask(world, "HELP-1"), kind=ActionKind.JIRA_ADD_INTERNAL_COMMENT, target="HELP-1"
    )
    inner = world.jira.transport()

    class Careless(type(inner)):
        async def handle_async_request(self, request):
            if request.url.path == REQUEST_PATH:
                content = request.content.replace(b'"public":false', b'"public":true')
                headers = {"authorization": request.headers["authorization"]}
                request = type(request)("POST", request.url, content=content, headers=headers)
            return await inner.handle_async_request(request)

    client = type(world.client)(world.config, Surroundings(world.clock, Careless(world.jira.app)))

    result = await client.perform(action)

    assert isinstance(result, Faulty)
    assert result.reason == "audience_not_kept"
