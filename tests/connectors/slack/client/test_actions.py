"""What becomes of approved actions at a Slack that keeps its rules."""

import pytest

from chargehand.connectors.slack.preview import SlackPreviewer
from chargehand.domain.action import (
    ActionKind,
    Done,
    Faulty,
    ProposedAction,
    Refused,
    RetryAfter,
    Undecided,
)
from chargehand.domain.ids import ActionId
from chargehand.plugins.connector import DoneAction, LookUpState, NoWayBack
from chargehand.testing.slack.people import press, say
from chargehand.testing.slack.workspace_ids import BOT
from tests.connectors.slack.client.world import (
    ACTION_ID,
    PAST,
    PAY,
    RANDOM,
    World,
    action,
)

pytestmark = pytest.mark.anyio
LONG = "\n\n".join(f"Paragraph {number} " + "word " * 180 for number in range(8))
CONTROLS = [
    {"label": "Approve", "command": "approve apv_1 0123456789abcdef", "style": "primary"},
    {"label": "Why", "command": "why", "style": "plain"},
]


def post(world: World, **params: object):
    return action("post_message", PAY, {"markdown": "**PAY-7** waits for PAY-12", **params})


def mark(message: dict) -> dict:
    return message["metadata"]["event_payload"]


class TestPosting:
    async def test_an_answer_goes_into_the_thread_once_with_its_mark(self, world: World) -> None:
        asked = world.say()

        result = await world.client.perform(
            action(
                "post_message",
                PAY,
                {
                    "markdown": "**PAY-7** waits",
                    "thread_id": asked,
                    "controls": CONTROLS,
                    "mention": {"account_id": "U0MEI", "name": "Mei"},
                },
                {"message_id": asked},
            )
        )

        (posted,) = world.messages()
        url = f"https://slack.com/archives/{PAY}/p{posted['ts'].replace('.', '')}"
        assert result == Done(f"{PAY}/{posted['ts']}", url, {})
        assert world.methods() == ["chat.postMessage"]
        assert posted["text"] == "<@U0MEI> *PAY-7* waits"
        assert posted["thread_ts"] == asked
        assert mark(posted) == {"action_id": ACTION_ID, "part": 0, "parts": 1}
        buttons = posted["blocks"][-1]["elements"]
        assert [(one["value"], one.get("style")) for one in buttons] == [
            ("approve apv_1 0123456789abcdef", "primary"),
            ("why", None),
        ]
        pressed = press(world.fake.workspace, PAY, posted["ts"], user="Mei Tanaka", label="Why")
        assert pressed.payload["actions"][0]["value"] == "why"

    async def test_nobody_is_paged_by_words(self, world: World) -> None:
        await world.client.perform(post(world, markdown="<!channel> <@U0MEI> @here <!subteam^S1>"))

        (posted,) = world.messages()
        assert "<!" not in posted["text"]
        assert "<@" not in posted["text"]
        (call,) = world.fake.writes()
        assert (call["arguments"]["parse"], call["arguments"]["link_names"]) == ("none", False)
        assert call["arguments"]["blocks"][0]["text"]["verbatim"] is True

    async def test_a_long_answer_is_several_messages_with_the_buttons_on_the_last(
        self, world: World
    ) -> None:
        result = await world.client.perform(post(world, markdown=LONG, controls=CONTROLS))

        posted = world.messages()
        assert len(posted) > 1
        assert isinstance(result, Done)
        assert result.detail == {"parts": [one["ts"] for one in posted[1:]]}
        assert [mark(one)["part"] for one in posted] == list(range(len(posted)))
        assert [len(one["blocks"]) for one in posted] == [1] * (len(posted) - 1) + [2]

    async def test_parts_that_are_there_are_not_sent_again(self, world: World) -> None:
        world.fail("chat.postMessage", delay_s=0.0001)
        world.fail("chat.postMessage", status=429, retry_after=7)

        first = await world.client.perform(post(world, markdown=LONG))
        too_early = await world.client.perform(post(world, markdown=LONG))
        world.clock.advance(7)
        second = await world.client.perform(post(world, markdown=LONG))

        assert first == RetryAfter(7.0, "vendor_busy")
        assert too_early == RetryAfter(7.0, "vendor_limit")
        assert isinstance(second, Done)
        numbers = [mark(one)["part"] for one in world.messages()]
        assert numbers == sorted(set(numbers))
        assert len(numbers) == mark(world.messages()[0])["parts"]

    async def test_a_refusal_after_the_first_part_is_told_to_a_person(self, world: World) -> None:
        channel = world.fake.workspace.channels[PAY]
        world.fail("chat.postMessage", delay_s=0.0001)
        world.fail("chat.postMessage", delay_s=1)

        world.fake.desk.sleep = _AfterFirst(channel)
        result = await world.client.perform(post(world, markdown=LONG))

        assert isinstance(result, Faulty)
        assert result.reason == "sent_in_part"
        assert "archived" in result.detail
        assert result.external_id == f"{PAY}/{world.messages()[0]['ts']}"

    async def test_an_answer_that_may_have_landed_is_looked_up(self, world: World) -> None:
        world.fail("chat.postMessage", cut="after")

        result = await world.client.perform(post(world))
        found = await world.client.look_up(post(world), PAST)
        other = await world.client.look_up(
            action("post_message", PAY, {"markdown": "x"}, action_id="act_2"), PAST
        )

        assert isinstance(result, Undecided)
        assert result.settle_s == 70
        assert (found.state, other.state) == (LookUpState.FOUND, LookUpState.ABSENT)
        assert found.external_id == f"{PAY}/{world.messages()[0]['ts']}"

    async def test_an_answer_in_a_thread_is_found_there(self, world: World) -> None:
        asked = world.say()
        in_thread = post(world, thread_id=asked)
        await world.client.perform(in_thread)

        found = await world.client.look_up(in_thread, PAST)

        assert found.state is LookUpState.FOUND

    async def test_half_an_answer_is_not_found(self, world: World) -> None:
        world.fail("chat.postMessage", delay_s=0.0001)
        world.fail("chat.postMessage", cut="before")
        await world.client.perform(post(world, markdown=LONG))

        found = await world.client.look_up(post(world, markdown=LONG), PAST)

        assert (found.state, len(world.messages())) == (LookUpState.ABSENT, 1)

    @pytest.mark.parametrize("what", ["thread_id", "message_id"])
    async def test_a_deleted_question_or_thread_is_not_answered(
        self, world: World, what: str
    ) -> None:
        asked = world.say()
        channel = world.fake.workspace.channels[PAY]
        world.fake.workspace.remove(channel, channel.messages[0])
        world.clock.advance(11)
        params = {"markdown": "x", **({"thread_id": asked} if what == "thread_id" else {})}
        base = {"message_id": asked} if what == "message_id" else {}

        result = await world.client.perform(action("post_message", PAY, params, base))

        assert isinstance(result, Refused)
        assert (result.reason, world.methods()) == ("question_deleted", [])

    async def test_a_question_of_this_moment_costs_no_look(self, world: World) -> None:
        asked = world.say()
        params = {"markdown": "x", "thread_id": asked}

        await world.client.perform(action("post_message", PAY, params, {"message_id": asked}))

        paths = [one.path for one in world.fake.desk.log.entries]
        assert paths == ["/api/chat.postMessage"]

    @pytest.mark.parametrize(
        ("change", "target", "words"),
        [
            pytest.param("archive", PAY, "the channel is archived", id="archived"),
            pytest.param("", RANDOM, "the bot is not in the channel", id="not-in-it"),
            pytest.param("", "C0NOWHERE", "Slack has no such channel", id="no-channel"),
        ],
    )
    async def test_a_channel_that_can_not_be_written_to_says_why(
        self, world: World, change: str, target: str, words: str
    ) -> None:
        world.fake.workspace.channels[PAY].is_archived = change == "archive"

        result = await world.client.perform(action("post_message", target, {"markdown": "x"}))

        assert isinstance(result, Refused)
        assert words in result.detail

    async def test_what_slack_may_have_done_before_it_failed_is_undecided(
        self, world: World
    ) -> None:
        world.fail("chat.postMessage", status=503)

        assert isinstance(await world.client.perform(post(world)), Undecided)

    async def test_a_revoked_token_waits_for_a_person_and_shows_nowhere(self, world: World) -> None:
        world.fake.desk.is_revoked = True

        result = await world.client.perform(post(world))

        assert result == RetryAfter(60.0, "slack_sign_in_refused", is_sign_in_refused=True)
        assert "xoxb" not in repr(world.client.__dict__)

    async def test_a_missing_scope_is_named(self, world: World) -> None:
        world.fake.desk.scopes = {"channels:history"}

        result = await world.client.perform(post(world))

        assert isinstance(result, Refused)
        assert (result.reason, "chat:write" in result.detail) == ("scope_missing", True)

    async def test_a_wrong_parameter_is_our_fault(self, world: World) -> None:
        result = await world.client.perform(post(world, thread_id="yesterday"))

        assert isinstance(result, Faulty)
        assert "thread_id" in result.detail


class TestOtherMessages:
    async def test_an_ephemeral_message_reaches_one_person(self, world: World) -> None:
        mei = world.fake.workspace.person("Mei Tanaka").id
        sent = action("post_ephemeral", PAY, {"user": mei, "markdown": "only you"})

        result = await world.client.perform(sent)
        found = await world.client.look_up(sent, PAST)

        assert isinstance(result, Done)
        assert [one["user"] for one in world.fake.workspace.ephemeral] == [mei]
        assert (world.messages(), found.state) == ([], LookUpState.UNSURE)

    async def test_a_direct_message_begins_the_talk_and_is_found_in_it(self, world: World) -> None:
        mei = world.fake.workspace.person("Mei Tanaka").id
        sent = action("send_direct_message", mei, {"markdown": "hello"})

        before = await world.client.look_up(sent, PAST)
        result = await world.client.perform(sent)
        after = await world.client.look_up(sent, PAST)

        assert isinstance(result, Done)
        assert (before.state, after.state) == (LookUpState.ABSENT, LookUpState.FOUND)
        assert after.external_id == result.external_id

    @pytest.mark.parametrize(
        ("user", "words"), [("U0NOBODY", "such person"), (BOT, "a bot"), ("gone", "active account")]
    )
    async def test_nobody_is_written_to_who_can_not_read(
        self, world: World, user: str, words: str
    ) -> None:
        if user == "gone":
            person = world.fake.workspace.person("Tom Berg")
            person.is_deleted, user = True, person.id

        result = await world.client.perform(
            action("send_direct_message", user, {"markdown": "hello"})
        )

        assert isinstance(result, Refused)
        assert words in result.detail

    async def test_an_update_replaces_words_and_buttons(self, world: World) -> None:
        await world.client.perform(post(world, controls=CONTROLS))
        (posted,) = world.messages()
        target = f"{PAY}/{posted['ts']}"
        change = action(
            "update_message",
            target,
            {"markdown": "approved by Mei"},
            {"action_id": ACTION_ID, "markdown": "before", "controls": CONTROLS},
            action_id="act_2",
        )

        absent = await world.client.look_up(change, PAST)
        result = await world.client.perform(change)
        again = await world.client.perform(change)
        found = await world.client.look_up(change, PAST)

        assert isinstance(result, Done)
        assert isinstance(again, Done)
        assert again.detail == {"already": True}
        assert (absent.state, found.state) == (LookUpState.ABSENT, LookUpState.FOUND)
        assert (posted["text"], len(posted["blocks"])) == ("approved by Mei", 1)

    async def test_an_update_on_other_words_than_were_seen_is_refused(self, world: World) -> None:
        await world.client.perform(post(world))
        target = f"{PAY}/{world.messages()[0]['ts']}"
        change = {"markdown": "later"}

        first = await world.client.perform(
            action("update_message", target, change, {"action_id": "act_9"}, "act_2")
        )
        theirs = await world.client.perform(
            action("update_message", f"{PAY}/{world.say()}", change, {}, "act_3")
        )

        assert isinstance(first, Refused)
        assert first.reason == "base_changed"
        assert isinstance(theirs, Refused)
        assert "no message of the bot" in theirs.detail

    async def test_deleting_takes_every_part_unless_somebody_answered(self, world: World) -> None:
        done = await world.client.perform(post(world, markdown=LONG))
        assert isinstance(done, Done)
        first = world.messages()[0]["ts"]
        deletion = action(
            "delete_message", f"{PAY}/{first}", {**done.detail}, {"action_id": ACTION_ID}, "act_2"
        )
        answer = say(world.fake.workspace, PAY, user="Mei Tanaka", text="but", thread_ts=first)

        refused = await world.client.perform(deletion)
        channel = world.fake.workspace.channels[PAY]
        channel.messages.remove(answer)
        channel.messages[0].raw["reply_count"] = 0
        result = await world.client.perform(deletion)
        again = await world.client.perform(deletion)
        found = await world.client.look_up(deletion, PAST)

        assert isinstance(refused, Refused)
        assert refused.reason == "base_changed"
        assert isinstance(result, Done)
        assert isinstance(again, Done)
        assert again.detail == {"already": True}
        assert (world.messages(), found.state) == ([], LookUpState.FOUND)

    async def test_a_reaction_is_set_and_taken_away_once(self, world: World) -> None:
        target = f"{PAY}/{world.say()}"
        add = action("add_reaction", target, {"name": "eyes"})
        remove = action("remove_reaction", target, {"name": "eyes"}, action_id="act_2")

        results = [await world.client.perform(one) for one in (add, add, remove, remove)]
        found = [(await world.client.look_up(one, PAST)).state for one in (add, remove)]

        assert [one.detail for one in results if isinstance(one, Done)] == [
            {},
            {"already": True},
            {},
            {"already": True},
        ]
        assert found == [LookUpState.ABSENT, LookUpState.FOUND]

    async def test_a_form_opens_within_three_seconds_and_once(self, world: World) -> None:
        place = world.fake.workspace
        mei = place.person("Mei Tanaka").id
        fields = [{"name": "text", "label": "Words", "value": "Hi", "is_long": True}]
        params = {
            "title": "Edit",
            "command": "edit apv_1",
            "fields": fields,
            "channel": PAY,
            "trigger_id": place.new_trigger(),
        }

        opened = await world.client.perform(action("open_modal", mei, params))
        again = await world.client.perform(action("open_modal", mei, params))
        late = {**params, "trigger_id": place.new_trigger()}
        world.clock.advance(4)
        expired = await world.client.perform(action("open_modal", mei, late))

        assert isinstance(opened, Done)
        assert [isinstance(one, Refused) for one in (again, expired)] == [True, True]
        assert isinstance(expired, Refused)
        assert "three seconds" in expired.detail
        (view,) = place.views
        assert view.raw["blocks"][0]["element"]["initial_value"] == "Hi"

    async def test_who_waits_for_a_form_in_vain_is_told(self, world: World) -> None:
        place = world.fake.workspace
        mei = place.person("Mei Tanaka").id
        params = {
            "title": "Edit",
            "command": "edit apv_1",
            "fields": [{"name": "text", "label": "Words"}],
            "channel": PAY,
            "trigger_id": place.new_trigger(),
            "otherwise": "Press *again* <!channel>.",
        }
        world.clock.advance(4)

        told = await world.client.perform(action("open_modal", mei, params))

        assert isinstance(told, Done)
        (whispered,) = place.ephemeral
        assert (whispered["user"], whispered["channel"]) == (mei, PAY)
        assert "again" in whispered["text"]
        assert "<!channel>" not in whispered["text"]
        assert place.views == []


class TestUndo:
    @pytest.mark.parametrize("kind", ["post_message", "add_reaction", "update_message"])
    async def test_what_was_done_can_be_taken_back(self, world: World, kind: str) -> None:
        await world.client.perform(post(world))
        target = f"{PAY}/{world.messages()[0]['ts']}"
        doing = {
            "post_message": action("post_message", PAY, {"markdown": LONG}, {}, "act_2"),
            "add_reaction": action("add_reaction", target, {"name": "eyes"}, {}, "act_2"),
            "update_message": action(
                "update_message",
                target,
                {"markdown": "other"},
                {"action_id": ACTION_ID, "markdown": "**PAY-7** waits for PAY-12"},
                "act_2",
            ),
        }[kind]
        before = [dict(one, edited=None, metadata=None) for one in world.messages()]
        result = await world.client.perform(doing)
        assert isinstance(result, Done)

        inverse = SlackPreviewer().inverse(
            DoneAction(
                ActionId("act_2"),
                proposal(doing),
                {"external_id": result.external_id, "url": result.url, **result.detail},
            )
        )
        assert isinstance(inverse, ProposedAction)
        SlackPreviewer().preview(inverse)
        undone = await world.client.perform(
            action(
                inverse.kind.value.removeprefix("slack."),
                inverse.target,
                {**inverse.params},
                {**inverse.base},
                "act_3",
            )
        )

        assert isinstance(undone, Done)
        after = [dict(one, edited=None, metadata=None) for one in world.messages()]
        for one in (*before, *after):
            one.pop("reactions", None)
        assert after == before

    @pytest.mark.parametrize("kind", ["post_ephemeral", "delete_message", "open_modal"])
    def test_what_can_not_be_taken_back_says_why(self, kind: str) -> None:
        done = DoneAction(ActionId("act_2"), proposal(action(kind, PAY, {})), {})

        assert isinstance(SlackPreviewer().inverse(done), NoWayBack)


def proposal(done) -> ProposedAction:
    return ProposedAction(
        kind=ActionKind(done.kind),
        connection_id=done.connection_id,
        project=done.project,
        target=done.target,
        params=done.params,
        base=done.base,
        preview="",
    )


class _AfterFirst:
    """Archives the channel at the second send."""

    def __init__(self, channel) -> None:
        self._channel = channel

    async def __call__(self, wait_s: float) -> None:
        self._channel.is_archived = wait_s >= 1
