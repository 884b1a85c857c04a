"""What a failing Jira makes of an action: nothing is sent twice, nothing is called done."""

import httpx
import pytest

from chargehand.domain.action import ActionKind, Faulty, Refused, RetryAfter, Undecided
from chargehand.plugins.connector import LookUpState, PastEffect
from tests.connectors.jira.client import samples
from tests.connectors.jira.client.wire import HANG, NOW, TOKEN, Rig, Wire, answer

pytestmark = pytest.mark.anyio

QUESTION = {
    "id": "10001",
    "created": "2026-11-20T09:00:00.000+0000",
    "updated": "2026-11-20T09:00:00.000+0000",
    "body": {"type": "doc", "version": 1, "content": []},
}
STATE = {"key": "PAY-1", "fields": {"status": {"name": "To Do"}, "labels": []}}
CUT = httpx.ReadError("connection reset by peer")
NO_ROUTE = httpx.ConnectError("name or service not known")
PAST = PastEffect(intended_at=NOW, attempts=1)


def jira(on_write=None, on_read=None):
    """A Jira whose reads and writes may be told to fail."""

    def respond(request: httpx.Request):
        if request.method != "GET" and on_write is not None:
            return on_write
        if on_read is not None:
            return on_read
        return answer(200, QUESTION if "/comment/" in request.url.path else STATE)

    class Answers(Wire):
        async def __call__(self, request: httpx.Request) -> httpx.Response:
            self.answers = [respond(request)]
            return await super().__call__(request)

    return Answers([None])


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        pytest.param(answer(429, retry_after="40"), RetryAfter(40, "vendor_busy"), id="429"),
        pytest.param(NO_ROUTE, RetryAfter(5, "vendor_unreachable"), id="no connection"),
        pytest.param(CUT, Undecided("vendor_unreachable", 30), id="cut"),
        pytest.param(httpx.ReadTimeout("slow"), Undecided("vendor_unreachable", 30), id="time-out"),
        pytest.param(answer(408), Undecided("vendor_failing", 30), id="408"),
        pytest.param(answer(500), Undecided("vendor_failing", 30), id="500"),
        pytest.param(answer(502), Undecided("vendor_failing", 30), id="502"),
        pytest.param(answer(503, retry_after="9"), Undecided("vendor_busy", 30), id="503"),
        pytest.param(
            httpx.Response(201, content=b"<html>"),
            Undecided("vendor_answer_unreadable", 30),
            id="unreadable consent",
        ),
    ],
)
async def test_failed_send_is_judged_by_whether_it_may_have_landed(failure, outcome):
    wire = jira(on_write=failure)

    result = await Rig(wire).client().perform(samples.comment("10001"))

    assert result == outcome
    assert len(wire.writes()) == 1


async def test_hanging_send_ends_undecided_after_the_timeout():
    wire = jira(on_write=HANG)

    result = await Rig(wire, timeout_s=0.05).client().perform(samples.comment("10001"))

    assert result == Undecided("vendor_unreachable", 10.05)
    assert len(wire.writes()) == 1


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        pytest.param(400, "request_refused", id="400"),
        pytest.param(403, "permission_missing", id="403"),
        pytest.param(404, "target_missing", id="404"),
        pytest.param(409, "request_refused", id="409"),
        pytest.param(413, "request_refused", id="413"),
        pytest.param(422, "request_refused", id="422"),
        pytest.param(302, "request_refused", id="redirect"),
    ],
)
async def test_clear_no_is_final(status, reason):
    wire = jira(on_write=answer(status, {"errorMessages": [f"No, {TOKEN}."]}))

    result = await Rig(wire).client().perform(samples.comment("10001"))

    assert isinstance(result, Refused)
    assert result.reason == reason
    assert TOKEN not in result.detail
    assert len(wire.writes()) == 1


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        pytest.param(answer(429, retry_after="40"), RetryAfter(40, "vendor_busy"), id="429"),
        pytest.param(CUT, RetryAfter(5, "vendor_unreachable"), id="cut"),
        pytest.param(answer(503), RetryAfter(5, "vendor_failing"), id="503"),
    ],
)
@pytest.mark.parametrize(
    "action",
    [
        pytest.param(samples.comment("10001"), id="comment"),
        pytest.param(
            samples.comment("10001", kind=ActionKind.JIRA_ADD_INTERNAL_COMMENT), id="internal"
        ),
        pytest.param(samples.transition(), id="transition"),
        pytest.param(samples.assign("mira", "Mira"), id="assign"),
        pytest.param(samples.labels("urgent"), id="labels"),
    ],
)
async def test_failed_reading_before_the_send_sends_nothing(action, failure, outcome):
    wire = jira(on_read=failure)

    result = await Rig(wire).client().perform(action)

    assert result == outcome
    assert wire.writes() == []


@pytest.mark.parametrize(
    "wire",
    [
        pytest.param(lambda: jira(on_read=answer(401)), id="before-the-send"),
        pytest.param(lambda: jira(on_write=answer(401)), id="by-the-send"),
    ],
)
async def test_refused_sign_in_is_tried_again_once_somebody_mended_it(wire):
    result = await Rig(wire()).client().perform(samples.labels("urgent"))

    assert result == RetryAfter(60, "credentials_refused", is_sign_in_refused=True)


async def test_unreadable_reading_before_the_send_is_our_fault():
    wire = jira(on_read=answer(200, []))

    result = await Rig(wire).client().perform(samples.labels("urgent"))

    assert isinstance(result, Faulty)
    assert wire.writes() == []


@pytest.mark.parametrize(
    "action",
    [
        pytest.param(samples.comment("10001", markdown=""), id="no text"),
        pytest.param(samples.comment("10001", colour="red"), id="unknown parameter"),
        pytest.param(samples.comment("../../myself"), id="comment id that climbs"),
        pytest.param(samples.comment("10001", markdown="#" * 29_999 + "😀" * 9_999), id="too long"),
        pytest.param(samples.labels("two words"), id="label with a blank"),
        pytest.param(samples.assign("all", "Everybody"), id="nobody in particular"),
    ],
)
async def test_senseless_parameters_are_our_fault_and_never_sent(action):
    wire = jira()

    result = await Rig(wire).client().perform(action)

    assert isinstance(result, Faulty)
    assert wire.requests == []


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(answer(401), id="401"),
        pytest.param(answer(404), id="404"),
        pytest.param(answer(429, retry_after="90"), id="429"),
        pytest.param(answer(500), id="500"),
        pytest.param(CUT, id="cut"),
        pytest.param(NO_ROUTE, id="no connection"),
        pytest.param(answer(200, "what"), id="unreadable"),
    ],
)
@pytest.mark.parametrize(
    "action",
    [
        pytest.param(samples.comment("10001"), id="comment"),
        pytest.param(samples.transition(), id="transition"),
        pytest.param(samples.assign("mira", "Mira"), id="assign"),
        pytest.param(samples.labels("urgent"), id="labels"),
    ],
)
async def test_look_up_that_can_not_read_is_unsure(action, failure):
    wire = jira(on_read=failure)

    found = await Rig(wire).client().look_up(action, PAST)

    assert found.state is LookUpState.UNSURE
    assert found.reason
    assert wire.writes() == []


@pytest.mark.parametrize(
    "failure", [pytest.param(answer(500), id="500"), pytest.param(CUT, id="cut")]
)
async def test_own_mark_that_can_not_be_read_is_unknown(failure):
    client = Rig(Wire([failure])).client()

    assert await client.is_own_comment("PAY-1", "10001") is None


async def test_comment_id_jira_never_gives_is_not_ours():
    wire = Wire([answer(500)])

    assert await Rig(wire).client().is_own_comment("PAY-1", "me/../10001") is False
    assert wire.requests == []
