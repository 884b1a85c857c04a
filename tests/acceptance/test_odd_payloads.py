"""Whatever is sent with a good signature has one clear outcome, and nothing is half done."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from chargehand.kit.signing import hmac_sha256_hex
from tests.house import SECRET, House

pytestmark = pytest.mark.anyio
QUESTION = "@bot what's blocking this?"


async def post(house: House, payload: object) -> int:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    house.clock.advance(0.01)
    signature = f"sha256={hmac_sha256_hex(SECRET.encode(), body)}"
    response = await house.post({"X-Hub-Signature": signature}, body)
    return response.status_code


def question(house: House) -> dict[str, Any]:
    _, body = house.jira.webhook_request(house.write(QUESTION), secret=SECRET)
    payload: dict[str, Any] = json.loads(body)
    return payload


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="truncated"),
        pytest.param(b'{"webhookEvent": "comment_created", "comment": {"id": "1', id="cut-off"),
        pytest.param(b"[]", id="array"),
        pytest.param(b"[[[[{}]]]]", id="nested-arrays"),
        pytest.param(b"null", id="null"),
        pytest.param(b'"text"', id="text"),
        pytest.param(b"\xff\xfe\x00", id="no-utf-8"),
        pytest.param(b"[" * 20_000, id="deep"),
        pytest.param({}, id="empty-object"),
        pytest.param({"webhookEvent": "comet_created"}, id="unknown-event"),
        pytest.param({"webhookEvent": "comment_created"}, id="event-without-its-comment"),
        pytest.param({"webhookEvent": "jira:version_released"}, id="event-without-use"),
        pytest.param({"webhookEvent": "comment_created", "comment": {}}, id="empty-comment"),
    ],
)
async def test_payload_that_says_nothing_is_kept_and_met_with_silence(
    house: House, payload: object
) -> None:
    house.mode("auto")

    status = await post(house, payload)
    await house.settle()

    assert status == 202
    assert house.verdicts == [("silent", "unsupported_event")]
    assert house.stores.queue.counts().dispatched == 1
    assert house.notices == []
    assert house.writes == []


VALUES = [
    pytest.param(None, id="null"),
    pytest.param(-1.5, id="number"),
    pytest.param(True, id="boolean"),
    pytest.param("", id="empty-text"),
    pytest.param("\x00\u202e\ud800 <b>&\n", id="odd-text"),
    pytest.param("x" * 3000, id="long-text"),
    pytest.param(10**30, id="huge-number"),
    pytest.param([], id="list"),
    pytest.param({}, id="object"),
    pytest.param([{"id": ["x"]}], id="list-of-objects"),
]


@pytest.mark.every_variant
@pytest.mark.parametrize("value", VALUES)
async def test_wrong_type_in_any_field_breaks_nothing(house: House, value: object) -> None:
    payload = question(house)
    variants = list(_replaced(payload, value))

    statuses = {await post(house, variant) for variant in variants}
    await house.settle()

    assert len(variants) > 40
    assert statuses <= {200, 202}
    counts = house.stores.queue.counts()
    assert (counts.dead, counts.interactive, counts.bulk) == (0, 0, 0)
    assert house.notices == [] or set(house.notices) <= {"asks_late", "item_not_readable"}
    assert house.wire.writes == []


@pytest.mark.parametrize("value", VALUES)
async def test_wrong_type_in_the_wording_of_a_live_question_breaks_nothing(
    house: House, value: object
) -> None:
    house.mode("auto")
    payload = question(house)
    payload["comment"]["body"] = value

    await post(house, payload)
    await house.settle()

    assert house.stores.queue.counts().dispatched == 1
    assert house.writes == []


async def test_comment_of_thirty_thousand_characters_is_answered(house: House) -> None:
    house.mode("auto")

    await house.ask("many words " * 2700 + "\n\n" + QUESTION)

    assert "PAY-12" in house.replies()[0].text


async def test_question_of_thirty_thousand_characters_is_met_briefly(house: House) -> None:
    house.mode("auto")

    await house.ask("@bot " + "what is " * 3700)

    [reply] = house.replies()
    assert len(reply.text) < 500
    assert house.verdicts[0][0] == "respond"


async def test_long_thread_is_summed_up_briefly(house: House) -> None:
    house.mode("auto")
    for number in range(30):
        house.write(f"{number} " + "long " * 1000, author="Ana Ruiz")

    await house.ask("@bot summary")

    assert len(house.replies()[0].text) < 12_000


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("what's \u202eblocking\u202c this?", id="reordering"),
        pytest.param("what's\u200b blocking\u2060 this?", id="zero-width"),
        pytest.param("what's \x07\x1b[31mblocking this?", id="control"),
        pytest.param("what's\u00a0blocking\u3000this?", id="odd-blanks"),
        pytest.param("what's blocking this? 👩‍👩‍👧‍👦 \U000e0041", id="emoji-and-tags"),
        pytest.param("ẅ̈̈̈̈hat's blocking this?", id="combining"),
        pytest.param("什么阻碍了这个?", id="chinese"),
    ],
)
async def test_hidden_characters_reach_neither_reply_nor_preview(house: House, text: str) -> None:
    house.mode("auto")

    await house.ask(f"@bot {text}")

    assert len(house.decisions) == 1
    hidden = set("\u202e\u202c\u2066\u200b\u2060\x07\x1b")
    for action in house.actions:
        assert not hidden & set(action.preview)
        assert not set("\u202e\u202c\u2066\x07\x1b") & set(house.replies()[-1].text)


async def test_name_with_markup_stays_a_name(house: House) -> None:
    house.mode("auto")
    person = house.jira.add_person("*Bold* [~x] \u202eevil")
    house.jira.grant("PAY", person.account_id, permissions="member")

    await house.ask(QUESTION, author=person.account_id)

    [reply] = house.replies()
    assert reply.mentions == (person.name,)
    assert "PAY-12" in reply.text


async def test_payload_of_another_project_changes_nothing(house: House) -> None:
    house.mode("auto")
    payload = question(house)
    payload["issue"]["key"] = "OPS-7"
    payload["issue"]["fields"]["project"]["key"] = "OPS"

    await post(house, payload)
    await house.settle()

    assert house.verdicts == [("silent", "other_project")]
    assert house.writes == []


async def test_payload_that_names_two_projects_is_not_believed(house: House) -> None:
    house.mode("auto")
    payload = question(house)
    payload["issue"]["key"] = "PAY-15"
    payload["issue"]["fields"]["project"]["key"] = "HELP"

    await post(house, payload)
    await house.settle()

    assert house.writes == []
    assert [verdict for verdict, _ in house.verdicts] == ["silent"]


async def test_question_about_a_comment_that_never_was_is_not_answered(house: House) -> None:
    house.mode("auto")
    payload = question(house)
    payload["comment"]["id"] = "99999999"

    await post(house, payload)
    await house.settle()

    assert house.writes == []
    assert [(one.state.value, one.problem) for one in house.actions] == [
        ("rejected", "question_deleted")
    ]


def _replaced(node: Any, value: object) -> Iterator[Any]:
    """The payload once for each of its fields, with that field replaced."""
    for path in _paths(node):
        variant = copy.deepcopy(node)
        place = variant
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        yield variant


def _paths(node: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children = node.items() if isinstance(node, dict) else ()
    for step, child in children:
        yield (*above, step)
        yield from _paths(child, (*above, step))
