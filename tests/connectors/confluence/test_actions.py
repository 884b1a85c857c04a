"""What Confluence holds after an action, when it goes well and when it does not."""

import pytest

from chargehand.connectors.confluence.preview import ConfluencePreviewer
from chargehand.connectors.confluence.sections import find_section
from chargehand.domain.action import Done, Faulty, Refused, RetryAfter, Undecided
from chargehand.plugins.connector import LookUpState, NoWayBack
from chargehand.plugins.param_fields import ParamInvalid, ParamUnknown
from tests.connectors.confluence.world import PAST, World, action, proposal, undo_of

pytestmark = [pytest.mark.anyio, pytest.mark.contract]
FOOTER, INLINE = "/wiki/api/v2/footer-comments", "/wiki/api/v2/inline-comments"
MENTION = {"account_id": "712020:ana", "name": "Ana Ruiz"}


def comment_on(world: World, **params):
    base = params.pop("base", {})
    return action("add_comment", world.page_id, {"markdown": "Not **begun**.", **params}, base)


def update_of(world: World, heading: str, markdown: str, **changes):
    section = find_section(world.storage(), heading)
    version = world.fake.site.contents[world.page_id].last.number
    base = {"version": version, "digest": section.digest, "storage": section.text}
    params = {"heading": heading, "markdown": markdown}
    return action("update_page", world.page_id, params, {**base, **changes})


async def test_an_answer_stands_below_the_question_and_carries_its_mark(world):
    asked = world.ask()
    sent = comment_on(
        world, in_reply_to=asked, mention=MENTION, base={"comment_id": asked}, markdown="a <b> @x"
    )

    done = await world.client.perform(sent)

    answer = world.fake.site.contents[done.external_id]
    assert answer.parent_id == asked
    assert answer.last.storage == (
        '<p><ac:link><ri:user ri:account-id="712020:ana" /></ac:link> a &lt;b&gt; @x</p>'
    )
    assert answer.properties == {"chargehand.action": {"action_id": "act_0001"}}
    assert done.url.endswith(f"pageId={world.page_id}&focusedCommentId={done.external_id}")


async def test_an_answer_beside_a_part_of_the_page_stays_beside_it(world):
    asked = world.ask(beside="Not begun.")

    done = await world.client.perform(comment_on(world, in_reply_to=asked))

    assert world.fake.site.contents[done.external_id].beside == "Not begun."
    assert world.written()[0] == ("POST", INLINE)


async def test_a_comment_that_answers_nobody_stands_below_the_page(world):
    done = await world.client.perform(comment_on(world))

    assert world.fake.site.contents[done.external_id].parent_id == ""
    assert world.sent()["pageId"] == world.page_id


@pytest.mark.parametrize("name", ["in_reply_to", "comment_id"])
async def test_nothing_is_answered_that_is_gone(world, name):
    asked = world.ask()
    world.fake.site.remove(asked)
    where = {"in_reply_to": asked} if name == "in_reply_to" else {"base": {name: asked}}

    outcome = await world.client.perform(comment_on(world, **where))

    assert isinstance(outcome, Refused)
    assert outcome.reason == "question_deleted"
    assert world.written() == []


async def test_a_cut_off_comment_is_found_by_its_words_and_not_sent_again(world):
    asked = world.ask()
    sent = comment_on(world, in_reply_to=asked)
    world.fail("POST", FOOTER, cut="after")

    outcome = await world.client.perform(sent)
    found = await world.client.look_up(sent, PAST)

    assert isinstance(outcome, Undecided)
    assert found.state is LookUpState.FOUND
    assert [one.id for one in world.fake.site.answers(asked)] == [found.external_id]


async def test_a_comment_that_never_left_is_absent(world):
    asked = world.ask("<p>Not begun.</p>")
    world.fail("POST", FOOTER, cut="before")
    sent = comment_on(world, in_reply_to=asked)

    await world.client.perform(sent)

    assert (await world.client.look_up(sent, PAST)).state is LookUpState.ABSENT


async def test_a_mark_decides_between_two_comments_with_the_same_words(world):
    first, second = comment_on(world), comment_on(world)
    done = await world.client.perform(first)
    again = action("add_comment", world.page_id, dict(second.params), {}, "act_0002")
    other = await world.client.perform(again)

    assert (await world.client.look_up(first, PAST)).external_id == done.external_id
    assert (await world.client.look_up(again, PAST)).external_id == other.external_id


async def test_two_unmarked_comments_with_the_same_words_are_for_a_person_to_tell(world):
    for _ in range(2):
        world.fake.site.comment(world.page_id, "<p>Not begun.</p>", by="Chargehand")

    assert (await world.client.look_up(comment_on(world), PAST)).state is LookUpState.UNSURE


async def test_a_comment_is_taken_back_once(world):
    sent = comment_on(world)
    done = await world.client.perform(sent)
    undo = undo_of(sent, done)

    gone = await world.client.perform(undo)
    again = await world.client.perform(undo)

    assert isinstance(gone, Done)
    assert done.external_id not in world.fake.site.contents
    assert again.detail == {"already": True}
    assert (await world.client.look_up(undo, PAST)).state is LookUpState.FOUND


async def test_a_comment_that_was_answered_stays(world):
    sent = comment_on(world)
    done = await world.client.perform(sent)
    world.ask(parent_id=done.external_id)

    outcome = await world.client.perform(undo_of(sent, done))

    assert isinstance(outcome, Refused)
    assert "answered" in outcome.detail


async def test_somebody_elses_comment_is_never_deleted(world):
    asked = world.ask()
    sent = action("delete_comment", world.page_id, {"comment_id": asked}, {"action_id": "act_1"})

    assert isinstance(await world.client.perform(sent), Refused)
    assert asked in world.fake.site.contents


async def test_a_page_is_made_once_and_goes_to_the_trash_again(world):
    params = {"title": "Release 7", "markdown": "# New\n\n- a & b", "parent_id": world.page_id}
    sent = action("create_page", "ENG", params)

    done = await world.client.perform(sent)
    taken = await world.client.perform(action("create_page", "ENG", params, {}, "act_0002"))

    page = world.fake.site.contents[done.external_id]
    assert page.last.storage == "<h1>New</h1><ul><li><p>a &amp; b</p></li></ul>"
    assert page.parent_id == world.page_id
    assert taken == Refused("title_taken", f"page {page.id} of this space has that title")
    assert (await world.client.look_up(sent, PAST)).external_id == page.id
    undone = await world.client.perform(undo_of(sent, done))
    assert isinstance(undone, Done)
    assert page.status == "trashed"


async def test_a_cut_off_page_is_found_though_it_has_no_mark_yet(world):
    sent = action("create_page", "ENG", {"title": "Release 7", "markdown": "x"})
    world.fail("POST", "/wiki/api/v2/pages", cut="after")

    assert isinstance(await world.client.perform(sent), Undecided)
    assert (await world.client.look_up(sent, PAST)).state is LookUpState.FOUND


async def test_a_page_that_was_changed_since_is_not_taken_away(world):
    sent = action("create_page", "ENG", {"title": "Release 7", "markdown": "x"})
    done = await world.client.perform(sent)
    world.fake.site.edit_page(done.external_id, "<p>mine</p>", by="Ana Ruiz")

    assert isinstance(await world.client.perform(undo_of(sent, done)), Refused)


async def test_one_part_of_a_page_is_replaced_and_put_back(world):
    before = world.storage()
    sent = update_of(world, "Status", "Begun.\n\n```py\nx = 1\n```")

    done = await world.client.perform(sent)
    changed = world.storage()
    undone = await world.client.perform(undo_of(sent, done))

    assert '<h1>Status</h1><p>Begun.</p><ac:structured-macro ac:name="code" ac:schema' in changed
    assert changed.endswith("<h1>People</h1><p>Ana</p>")
    assert isinstance(undone, Done)
    assert world.storage() == before


async def test_what_others_changed_elsewhere_on_the_page_stays(world):
    sent = update_of(world, "People", "Ana, Mei")
    moved = world.storage().replace("Not begun.", "Begun today.")
    world.fake.site.edit_page(world.page_id, moved, by="Mei Tanaka")

    assert isinstance(await world.client.perform(sent), Done)
    assert world.storage() == moved.replace("<p>Ana</p>", "<p>Ana, Mei</p>")


async def test_a_part_that_somebody_changed_is_asked_about_again(world):
    sent = update_of(world, "People", "Ana, Mei")
    moved = world.storage().replace("<p>Ana</p>", "<p>Mei</p>")
    world.fake.site.edit_page(world.page_id, moved, by="Mei Tanaka")

    outcome = await world.client.perform(sent)

    assert outcome == Refused(
        "base_changed", f"that part of page {world.page_id} was changed since version 1"
    )
    assert world.storage() == moved


async def test_a_page_that_is_saved_at_the_same_moment_is_read_again(world):
    world.fail("PUT", ".*", status=409, times=2)

    done = await world.client.perform(update_of(world, "People", "Mei"))

    assert done.detail["version"] == 2
    assert [method for method, _ in world.written()] == ["PUT", "PUT", "PUT"]


async def test_a_page_that_is_saved_again_and_again_is_left_alone(world):
    world.fail("PUT", ".*", status=409, times=9)

    outcome = await world.client.perform(update_of(world, "People", "Mei"))

    assert isinstance(outcome, Refused)
    assert outcome.reason == "base_changed"


async def test_the_history_tells_whether_a_cut_off_change_landed(world):
    landed, lost = update_of(world, "People", "Mei"), update_of(world, "Plan", "x")
    lost = action("update_page", world.page_id, dict(lost.params), dict(lost.base), "act_0002")
    world.fail("PUT", ".*", cut="after")

    assert isinstance(await world.client.perform(landed), Undecided)
    assert (await world.client.look_up(landed, PAST)).state is LookUpState.FOUND
    assert (await world.client.look_up(lost, PAST)).state is LookUpState.ABSENT


@pytest.mark.parametrize("heading", ["Nothing", "Plan"])
async def test_a_heading_has_to_be_the_one(world, heading):
    world.fake.site.edit_page(world.page_id, "<h1>Plan</h1><h2>Plan</h2>", by="Ana Ruiz")
    base = {"version": 1, "digest": "0" * 64}
    sent = action("update_page", world.page_id, {"heading": heading, "markdown": "x"}, base)

    outcome = await world.client.perform(sent)

    assert "no one heading" in outcome.detail


async def test_a_whole_page_is_replaced_where_no_heading_is_named(world):
    assert isinstance(await world.client.perform(update_of(world, "", "All new.")), Done)
    assert world.storage() == "<p>All new.</p>"


async def test_a_refused_sign_in_waits_for_a_new_token(world):
    world.connect(email="nobody@example.com")

    outcome = await world.client.perform(comment_on(world))

    assert isinstance(outcome, RetryAfter)
    assert outcome.is_sign_in_refused


async def test_confluence_says_when_to_wait(world):
    world.fail("POST", FOOTER, status=429, retry_after=7)

    outcome = await world.client.perform(comment_on(world))

    assert outcome == RetryAfter(7.0, "vendor_busy")


async def test_a_service_account_goes_through_the_gateway(world):
    world.connect(email=None, cloud_id=world.fake.cloud_id, gateway=world.fake.site_url)

    done = await world.client.perform(comment_on(world))

    assert isinstance(done, Done)
    assert world.written()[0][1] == f"/ex/confluence/{world.fake.cloud_id}{FOOTER}"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (("add_comment", "98304", {"markdown": " "}, {}), "markdown"),
        (("add_comment", "../1", {"markdown": "x"}, {}), "target"),
        (("add_comment", "1", {"markdown": "x", "in_reply_to": "a"}, {}), "in_reply_to"),
        (
            ("add_comment", "1", {"markdown": "x", "mention": {"name": "x"}}, {}),
            "mention.account_id",
        ),
        (("add_comment", "1", {"markdown": "x", "more": 1}, {}), "more"),
        (("create_page", "ENG", {"title": "a\nb", "markdown": "x"}, {}), "title"),
        (("create_page", "a b", {"title": "a", "markdown": "x"}, {}), "target"),
        (
            ("update_page", "1", {"markdown": "x"}, {"version": 0, "digest": "0" * 64}),
            "base.version",
        ),
        (("update_page", "1", {"markdown": "x"}, {"version": 1, "digest": "x"}), "base.digest"),
        (
            ("delete_page", "1", {"title": "x"}, {"action_id": "act_1", "version": True}),
            "base.version",
        ),
        (("delete_comment", "1", {"comment_id": None}, {"action_id": "a"}), "comment_id"),
    ],
)
async def test_what_is_wrong_is_named_before_anybody_is_asked(world, wrong, field):
    sent = action(*wrong)

    with pytest.raises((ParamInvalid, ParamUnknown), match=field):
        ConfluencePreviewer().preview(proposal(sent))
    assert isinstance(await world.client.perform(sent), Faulty)
    assert world.written() == []


async def test_a_preview_shows_all_that_is_sent(world):
    asked = world.ask()
    shown = {
        "comment": comment_on(world, in_reply_to=asked, mention=MENTION, markdown="a\u200bb"),
        "page": action("create_page", "ENG", {"title": "Release 7", "markdown": "# x"}),
        "part": update_of(world, "People", "Mei"),
        "blind": update_of(world, "People", "Mei", storage=None),
    }

    texts = {name: ConfluencePreviewer().preview(proposal(one)) for name, one in shown.items()}

    assert texts["comment"] == (
        f"Comment on page {world.page_id}, in answer to comment {asked}, visible to everyone who "
        "can see the page\nnotifies: Ana Ruiz (account 712020:ana)\n"
        "undo: deletes this comment, unless it is answered first\n\na⟨U+200B⟩b"
    )
    assert texts["page"].startswith("Create a page in space ENG, below the space's home page")
    assert 'what stands below "People"' in texts["part"]
    assert "can not be undone" in texts["blind"]
    done = Done(world.page_id, "")
    assert isinstance(undo_of(shown["blind"], done), NoWayBack)
