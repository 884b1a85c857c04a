"""What Confluence tells, by polling and by webhook, as events."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargehand.connectors.confluence.parse import ConfluenceParser
from chargehand.connectors.confluence.storage_text import read_storage
from chargehand.connectors.confluence.webhook import ConfluenceWebhook
from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.domain.event import ActorKind, EventKind, PlaceKind
from chargehand.domain.text import LineKind, mentioned_accounts
from chargehand.kit.signing import hmac_sha256_hex
from chargehand.plugins.connector import IntakeSecrets, RawRequest
from chargehand.plugins.errors import (
    CursorUnreadable,
    SignatureMalformed,
    SignatureMissing,
    SignatureWrong,
)
from tests.connectors.confluence.world import CONNECTION, NOW, World

ASKS = (
    '<p><ac:link><ri:user ri:account-id="712020:chargehand" /></ac:link> status of PAY-1?</p>'
    "<blockquote><p>assign it to me</p></blockquote>"
    '<ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[close PAY-1]]>'
    "</ac:plain-text-body></ac:structured-macro>"
)
SECRETS = IntakeSecrets(signing=("new", "old"), path_token="t" * 30)


async def poll(world: World, cursor: str | None):
    """The events of one round, and the cursor after it."""
    deliveries = []
    async for page in world.client.poll((), cursor, now=world.clock.now()):
        deliveries += page.deliveries
        cursor = page.cursor
    return [ConfluenceParser().parse(one) for one in deliveries], cursor


@pytest.mark.anyio
@pytest.mark.contract
async def test_a_question_below_a_page_becomes_one_event(world):
    _, cursor = await poll(world, None)
    world.clock.advance(60)
    asked = world.ask(ASKS)

    events, cursor = await poll(world, cursor)
    again, _ = await poll(world, cursor)

    event = events[-1]
    assert event.kind is EventKind.COMMENT_CREATED
    assert event.event_key == f"confluence:message:ENG:{asked}:created"
    assert (event.actor.account_id, event.actor.kind) == ("712020:ana", ActorKind.PERSON)
    assert (event.project, event.work_item) == (None, None)
    place = event.place
    assert (place.channel_id, place.thread_id) == ("ENG", f"page/{world.page_id}")
    assert (place.message_id, place.root_id, place.kind) == (asked, None, PlaceKind.PRIVATE)
    assert event.mentions == ("712020:chargehand",)
    assert [line.kind for line in event.lines] == [LineKind.BODY, LineKind.QUOTE, LineKind.CODE]
    assert event.data["title"] == "Ledger"
    assert [one.event_key for one in again] == [one.event_key for one in events]


@pytest.mark.anyio
@pytest.mark.contract
async def test_answers_and_comments_beside_the_page_know_what_they_hang_on(world):
    _, cursor = await poll(world, None)
    beside = world.ask(beside="Not begun.")
    first = world.ask()
    second = world.ask(parent_id=first)
    third = world.ask(parent_id=second)

    events, _ = await poll(world, cursor)

    roots = {one.place.message_id: one.place.root_id for one in events if one.place.message_id}
    assert roots == {beside: beside, first: None, second: first, third: first}
    assert [one.data.get("beside") for one in events if one.place.message_id == beside] == [
        "Not begun."
    ]


@pytest.mark.anyio
@pytest.mark.contract
async def test_edits_and_pages_are_told_with_their_words(world):
    asked = world.ask()
    world.clock.advance(1_800)
    _, cursor = await poll(world, None)
    world.clock.advance(600)
    world.fake.site.edit_comment(asked, "<p>and now?</p>", by="Ana Ruiz")
    world.fake.site.edit_page(world.page_id, "<p>We move PAY-2.</p>", by="Mei Tanaka")
    made = world.fake.site.write_page("ENG", "Notes", "<p>new</p>", by="Mei Tanaka")
    at_ms = round(world.clock.now().timestamp() * 1000)

    events, _ = await poll(world, cursor)

    assert {one.event_key: one.text for one in events} == {
        f"confluence:message:ENG:{asked}:updated:{at_ms}": "and now?",
        f"confluence:page:{world.page_id}:updated:2": "We move PAY-2.",
        f"confluence:page:{made.id}:created": "new",
    }
    by_kind = {one.kind: one for one in events}
    assert by_kind[EventKind.PAGE_UPDATED].actor.name == "Mei Tanaka"
    assert by_kind[EventKind.PAGE_UPDATED].data["version"] == 2
    assert by_kind[EventKind.PAGE_CREATED].place.thread_id == f"page/{made.id}"


@pytest.mark.anyio
@pytest.mark.contract
async def test_a_long_list_is_read_to_its_end_and_only_bound_spaces(world):
    _, cursor = await poll(world, None)
    world.fake.site.add_space("OPS", by="Ana Ruiz")
    world.fake.site.write_page("OPS", "Hidden", "<p>x</p>", by="Ana Ruiz")
    asked = [world.ask() for _ in range(120)]

    events, _ = await poll(world, cursor)

    told = [one.data["comment_id"] for one in events if "comment_id" in one.data]
    assert sorted(told) == sorted(asked)
    assert {one.place.channel_id for one in events} == {"ENG"}
    assert sum(one.operation.startswith("search") for one in world.seen) == 3


@pytest.mark.anyio
@pytest.mark.contract
async def test_a_busy_confluence_is_asked_again_and_a_foreign_cursor_is_named(world):
    _, cursor = await poll(world, None)
    world.ask()
    world.fail("GET", ".*/search", status=429, retry_after=3)

    events, _ = await poll(world, cursor)

    assert len([one for one in events if one.place.message_id]) == 1
    assert sum(world.waits) >= 3
    with pytest.raises(CursorUnreadable):
        await poll(world, "{}")


def received(body: bytes, *, headers=None, token=None) -> RawRequest:
    return RawRequest(CONNECTION, headers or {}, body, token, NOW)


def signed(body: bytes, secret: str = "new") -> dict[str, str]:
    return {"x-hub-signature": f"sha256={hmac_sha256_hex(secret.encode(), body)}"}


def test_a_request_proves_itself_by_signature_or_path():
    body = json.dumps({"event": "comment_created", "comment": {"id": 1}}).encode()
    receive = ConfluenceWebhook().verify

    by_signature = receive(received(body, headers=signed(body)), SECRETS)
    by_old = receive(received(body, headers=signed(body, "old")), SECRETS)
    by_path = receive(received(body, token="t" * 30), SECRETS)

    assert {one.delivery_key for one in (by_signature, by_old, by_path)} == {by_path.delivery_key}
    assert (by_path.lane, by_path.source) == (Lane.INTERACTIVE, DeliverySource.WEBHOOK)


@pytest.mark.parametrize(
    ("headers", "token", "secrets", "error"),
    [
        ({}, None, SECRETS, SignatureMissing),
        ({}, "x" * 30, SECRETS, SignatureWrong),
        ({}, "x" * 30, IntakeSecrets(signing=("new",)), SignatureMissing),
        ({"x-hub-signature": "sha1=00"}, None, SECRETS, SignatureMalformed),
        (signed(b"{}", "other"), "t" * 30, SECRETS, SignatureWrong),
        (signed(b"{}", ""), None, IntakeSecrets(signing=("",)), SignatureWrong),
    ],
)
def test_who_can_not_prove_itself_is_refused(headers, token, secrets, error):
    with pytest.raises(error):
        ConfluenceWebhook().verify(received(b"{}", headers=headers, token=token), secrets)


def event_of(payload: object):
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    delivery = VerifiedDelivery(
        CONNECTION, "confluence", "key", DeliverySource.WEBHOOK, Lane.BULK, NOW, body, {}
    )
    return ConfluenceParser().parse(delivery)


def test_a_webhook_without_words_leaves_its_event_to_polling():
    native = {
        "userAccountId": "712020:ana",
        "timestamp": 1,
        "comment": {"id": 7, "spaceKey": "ENG", "parent": {"id": 5, "contentType": "page"}},
    }

    event = event_of({**native, "event": "comment_created"})
    gone = event_of({**native, "event": "comment_removed"})

    assert event.kind is EventKind.UNSUPPORTED
    assert event.data == {"event": "comment_created", "reason": "no_words"}
    assert event.event_key != gone.event_key
    assert gone.kind is EventKind.COMMENT_DELETED
    assert gone.event_key == "confluence:message:ENG:7:deleted"
    assert gone.place.thread_id == "page/5"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"\xff",
        {"event": "comment_created", "content": {"id": "x"}},
        {"event": "comment_created", "content": {"id": "1", "container": {"id": "2"}}},
        {"event": "comment_deleted", "comment": []},
        {"event": "space_created", "space": {}},
        {"event": ["comment_created"]},
    ],
)
def test_what_is_not_understood_is_unsupported(payload):
    assert event_of(payload).kind is EventKind.UNSUPPORTED


_LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8))
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["id", "space", "key", "version", "when", "number", "body", "storage"]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@settings(deadline=None, database=None, max_examples=150, derandomize=True)
@given(
    event=st.sampled_from(["comment_created", "comment_removed", "page_updated"]),
    content=st.dictionaries(
        st.sampled_from(["id", "space", "container", "history", "version", "ancestors", "body"]),
        _VALUES,
    ),
)
def test_no_payload_raises(event, content):
    assert event_of({"event": event, "content": content, "comment": content}).event_key


@pytest.mark.parametrize(
    ("storage", "lines"),
    [
        ("<p>a&nbsp;b<br />c</p>", ["a\u00a0b", "c"]),
        ("<ul><li>a</li><li><p>b</p></li></ul>", ["a", "b"]),
        ("<table><tbody><tr><td>a</td><td>b</td></tr></tbody></table>", ["a", "b"]),
        ("<p>on <time datetime='2026-12-01' /></p>", ["on 2026-12-01"]),
        ("<p><ac:link><ri:page ri:content-title='Plan' /></ac:link> x</p>", ["Plan x"]),
        (
            (
                "<ac:structured-macro ac:name='info'><ac:parameter ac:name='title'>t"
                "</ac:parameter><ac:rich-text-body><p>a</p></ac:rich-text-body>"
                "</ac:structured-macro>"
            ),
            ["a"],
        ),
        ("<p><del>assign me</del></p>", ["~~assign me~~"]),
        ("<p>not <b>closed</p>", ["not", "closed"]),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><p>&a;</p>", ["]>", "&a;"]),
        ("<p>" * 400 + "deep" + "</p>" * 400, ["deep"]),
    ],
)
def test_what_a_text_says(storage, lines):
    assert [line.text for line in read_storage(storage).lines] == lines


def test_mentions_are_accounts_by_whichever_name():
    storage = "".join(
        f"<p><ac:link><ri:user ri:{name}='{name}1' /></ac:link></p>"
        for name in ("account-id", "userkey", "username")
    )

    reading = read_storage(storage)

    assert mentioned_accounts(reading.lines) == ("account-id1", "userkey1", "username1")
