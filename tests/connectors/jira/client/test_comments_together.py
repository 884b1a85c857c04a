"""Questions answered at one moment are read in one request, and judged as if read alone."""

import asyncio

import pytest

from chargehand.connectors.jira.cloud import CloudDialect
from chargehand.connectors.jira.comments import CommentReader, FoundComment
from chargehand.domain.action import ActionKind, Done, Refused
from chargehand.plugins.errors import TargetMissing, VendorFailing
from chargehand.testing.jira.records import CommentVisibility
from tests.connectors.jira.client import samples
from tests.connectors.jira.client.wire import Rig, Wire, answer

pytestmark = pytest.mark.anyio

TOGETHER = "/rest/api/3/comment/list"
ALONE = "/rest/api/3/issue/PAY-1/comment/"
DEVELOPERS = CommentVisibility("role", "Developers")


def comment(number: str, **told: object) -> dict[str, object]:
    address = f"https://acme.atlassian.net/rest/api/3/issue/10010/comment/{number}"
    return {"id": number, "self": address, "jsdPublic": True, **told}


def reader(wire: Wire) -> CommentReader:
    transport = Rig(wire).transport()
    return CommentReader(transport, CloudDialect(transport))


async def test_questions_of_one_moment_are_read_together_and_judged_one_by_one(world):
    world.jira.add_issue("PAY", "Other")

    def ask(key="PAY-1", **options):
        text = "what is blocking this?"
        return world.jira.comment(key, author="Ana Ruiz", body=text, **options).id

    fine, restricted, deleted, elsewhere = ask(), ask(visibility=DEVELOPERS), ask(), ask("PAY-2")
    internal = ask("HELP-1", public=False)
    world.jira.delete_comment(deleted)
    customer = ActionKind.JIRA_REPLY_TO_CUSTOMER
    asked = {
        "fine": samples.comment(fine),
        "restricted": samples.comment(restricted),
        "deleted": samples.comment(deleted),
        "on another work item": samples.comment(elsewhere),
        "internal": samples.comment(internal, target="HELP-1"),
        "internal, to a customer": samples.comment(internal, kind=customer, target="HELP-1"),
    }

    ended = await asyncio.gather(*map(world.client.perform, asked.values()))

    assert {
        name: one.reason if isinstance(one, Refused) else type(one)
        for name, one in zip(asked, ended, strict=True)
    } == {
        "fine": Done,
        "restricted": "audience_changed",
        "deleted": "question_deleted",
        "on another work item": "question_deleted",
        "internal": "audience_changed",
        "internal, to a customer": "audience_changed",
    }
    assert len(world.written()) == 1
    read = [one.path for one in world.jira.log.entries if "/comment/" in one.path]
    # Asked for again are only those of which the list told nothing, or another place.
    assert read.count(TOGETHER) == 1
    assert sorted(read[1:]) == sorted(f"{ALONE}{one}" for one in (deleted, elsewhere))


async def test_common_answer_says_on_which_work_item_each_comment_is():
    wire = Wire([answer(200, {"values": [comment("2"), comment("1", self="")]})])
    comments = reader(wire)

    one, two = await asyncio.gather(comments.seek("PAY-1", "1"), comments.seek("PAY-1", "2"))

    assert wire.paths == [TOGETHER]
    assert [one.is_on("10010"), one.is_on("")] == [False, False]
    assert [two.is_on("10010"), two.is_on("10011"), two.is_on("")] == [True, False, False]


async def test_comment_wanted_alone_is_read_at_its_work_item():
    wire = Wire([answer(200, comment("1"))])

    found = await reader(wire).seek("PAY-1", "1")

    assert wire.paths == [f"{ALONE}1"]
    assert found == FoundComment(found.comment)
    assert found.is_on("whatever its number is")


async def test_site_whose_lists_do_not_tell_the_readers_is_asked_one_by_one_from_then_on():
    silent = [comment("1", jsdPublic=None), comment("2", jsdPublic=None)]
    wire = Wire([answer(200, {"values": silent}), *(answer(200, comment("1")) for _ in range(4))])
    comments = reader(wire)

    for _ in range(2):
        await asyncio.gather(comments.seek("PAY-1", "1"), comments.seek("PAY-1", "2"))

    assert wire.paths == [TOGETHER, *[f"{ALONE}1", f"{ALONE}2"] * 2]


async def test_refused_list_is_asked_one_by_one_and_a_failing_one_fails_all():
    refused = Wire([answer(403), answer(200, comment("1")), answer(404)])
    failing = Wire([answer(500)])

    def both(wire: Wire):
        comments = reader(wire)
        wanted = [comments.seek("PAY-1", "1"), comments.seek("PAY-1", "2")]
        return asyncio.gather(*wanted, return_exceptions=True)

    found, missing = await both(refused)
    failures = await both(failing)

    assert isinstance(found, FoundComment)
    assert isinstance(missing, TargetMissing)
    assert [type(one) for one in failures] == [VendorFailing, VendorFailing]
